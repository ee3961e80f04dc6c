//! From the parser's tree to [`syntax`](super::syntax), with places that also say in which file.

use hcl_edit::Span;
use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::structure::{Body as HclBody, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};

use super::place::in_file;
use super::syntax::{Attribute, Block, Body, Expr, For, Kind, Literal, Operator, Part, Step};
use crate::source::{Lines, Place, Refusal, Value};

/// Reads the text of a file.
pub(super) fn parse(file: u16, text: &str) -> Result<Body, Refusal> {
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    match hcl_edit::parser::parse_body(plain) {
        Ok(body) => Ok(Lower::of(file, plain).body(&body)),
        Err(error) => {
            let at = Lines::new(plain).place(error.location().offset());
            Err(Refusal::new(at, format!("not HCL: {}", error.message())))
        }
    }
}

/// Reads a text that is a template in itself, as texts in `.tf.json` are; everything stands at `at`.
pub(super) fn template(text: &str, at: Place) -> Option<Vec<Part>> {
    let template = hcl_edit::parser::parse_template(text).ok()?;
    let lower = Lower { lines: Lines::new(text), text, file: 0, fixed: Some(at) };
    Some(lower.parts(&template, None))
}

/// Reads a file that is a template.
pub(super) fn template_file(file: u16, text: &str) -> Result<Vec<Part>, Refusal> {
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    match hcl_edit::parser::parse_template(plain) {
        // Its lines are as they are, as those of a heredoc are from which nothing was taken.
        Ok(template) => Ok(Lower::of(file, plain).parts(&template, Some(0))),
        Err(error) => {
            let at = Lines::new(plain).place(error.location().offset());
            Err(Refusal::new(at, format!("not a template of Terraform: {}", error.message())))
        }
    }
}

struct Lower<'t> {
    lines: Lines<'t>,
    text: &'t str,
    file: u16,
    /// The place of everything, when the text stands within another.
    fixed: Option<Place>,
}

impl<'t> Lower<'t> {
    fn of(file: u16, text: &'t str) -> Lower<'t> {
        Lower { lines: Lines::new(text), text, file, fixed: None }
    }

    fn at(&self, thing: &impl Span) -> Place {
        if let Some(at) = self.fixed {
            return at;
        }
        let offset = thing.span().map_or(0, |span| span.start);
        in_file(self.file, self.lines.place(offset))
    }

    fn written(&self, thing: &impl Span) -> String {
        let text = thing.span().and_then(|span| self.text.get(span)).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ")
    }

    fn body(&self, body: &HclBody) -> Body {
        let mut lowered = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => lowered.attributes.push(Attribute {
                    key: attribute.key.as_str().to_owned(),
                    at: self.at(&attribute.key),
                    value: self.expr(&attribute.value),
                }),
                Structure::Block(block) => lowered.blocks.push(Block {
                    kind: block.ident.as_str().to_owned(),
                    labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
                    at: self.at(&block.ident),
                    body: self.body(&block.body),
                }),
            }
        }
        lowered
    }

    fn expr(&self, expression: &Expression) -> Expr {
        Expr { at: self.at(expression), kind: self.kind(expression) }
    }

    fn kind(&self, expression: &Expression) -> Kind {
        match expression {
            Expression::Null(_) => Kind::Literal(Value::Null),
            Expression::Bool(truth) => Kind::Literal(Value::Bool(*truth.value())),
            Expression::Number(number) => Kind::Literal(Value::Number(number.value().to_string())),
            Expression::String(text) => {
                let text = text.value().as_str().to_owned();
                Kind::Template(vec![Part::Text(Literal { text, at: self.at(expression), indent: None })])
            }
            Expression::StringTemplate(template) => Kind::Template(self.parts(template, None)),
            Expression::HeredocTemplate(heredoc) => {
                let indent = u32::try_from(heredoc.indent().unwrap_or(0)).unwrap_or(0);
                Kind::Template(self.parts(&heredoc.template, Some(indent)))
            }
            Expression::Array(items) => Kind::List(items.iter().map(|item| self.expr(item)).collect()),
            Expression::Object(object) => {
                let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    (self.object_key(key), self.expr(value.expr()))
                };
                Kind::Object(object.iter().map(entry).collect())
            }
            Expression::Parenthesis(inner) => self.kind(inner.inner()),
            Expression::Variable(name) => Kind::Reference {
                root: name.as_str().to_owned(),
                steps: Vec::new(),
                written: name.as_str().to_owned(),
            },
            Expression::Conditional(conditional) => Kind::Conditional(Box::new([
                self.expr(&conditional.cond_expr),
                self.expr(&conditional.true_expr),
                self.expr(&conditional.false_expr),
            ])),
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::UnaryOp(operation) => {
                let of = Box::new(self.expr(&operation.expr));
                match *operation.operator.value() {
                    UnaryOperator::Not => Kind::Not(of),
                    UnaryOperator::Neg => Kind::Negative(of),
                }
            }
            Expression::BinaryOp(operation) => {
                let sides = Box::new([self.expr(&operation.lhs_expr), self.expr(&operation.rhs_expr)]);
                Kind::Binary(operator(*operation.operator.value()), sides)
            }
            Expression::ForExpr(each) => Kind::For(Box::new(self.each(each))),
        }
    }

    fn object_key(&self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(name) => {
                Expr { at: self.at(name), kind: Kind::Literal(Value::Text(name.as_str().to_owned())) }
            }
            ObjectKey::Expression(Expression::Variable(name)) => {
                Expr { at: self.at(name), kind: Kind::Literal(Value::Text(name.as_str().to_owned())) }
            }
            ObjectKey::Expression(expression) => self.expr(expression),
        }
    }

    fn call(&self, call: &FuncCall) -> Kind {
        match call.name.is_namespaced() {
            true => Kind::Opaque(self.written(call)),
            false => Kind::Call {
                name: call.name.name.as_str().to_owned(),
                arguments: call.args.iter().map(|argument| self.expr(argument)).collect(),
                expand: call.args.expand_final(),
            },
        }
    }

    fn traversal(&self, traversal: &Traversal) -> Kind {
        let step = |operator: &TraversalOperator| match operator {
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Splat,
            TraversalOperator::GetAttr(name) => Step::Attribute(name.as_str().to_owned()),
            TraversalOperator::Index(index) => Step::Index(self.expr(index)),
            TraversalOperator::LegacyIndex(index) => Step::Index(Expr {
                at: self.at(traversal),
                kind: Kind::Literal(Value::Number(index.value().to_string())),
            }),
        };
        let steps = traversal.operators.iter().map(|operator| step(operator.value())).collect();
        let written = self.written(traversal);
        match &traversal.expr {
            Expression::Variable(name) => Kind::Reference { root: name.as_str().to_owned(), steps, written },
            other => Kind::Access { of: Box::new(self.expr(other)), steps, written },
        }
    }

    fn each(&self, each: &ForExpr) -> For {
        For {
            key_name: each.intro.key_var.as_ref().map(|name| name.as_str().to_owned()),
            value_name: each.intro.value_var.as_str().to_owned(),
            collection: self.expr(&each.intro.collection_expr),
            key: each.key_expr.as_ref().map(|key| self.expr(key)),
            value: self.expr(&each.value_expr),
            grouping: each.grouping,
            condition: each.cond.as_ref().map(|condition| self.expr(&condition.expr)),
        }
    }

    /// The parts of a template; `indent` is what was taken off the lines of a heredoc.
    fn parts(&self, template: &Template, indent: Option<u32>) -> Vec<Part> {
        self.parts_between(template, indent, Strip::None)
    }

    /// The same between directives, which may take away the white space at its ends (`~`).
    fn parts_between(&self, template: &Template, indent: Option<u32>, ends: Strip) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut trims = ends.strip_start();
        for element in template {
            let (strip, part) = match element {
                Element::Literal(text) => {
                    let mut at = self.at(text);
                    if let Some(indent) = indent
                        && super::place::column(at) == 1
                    {
                        at = super::place::right(at, indent);
                    }
                    let mut literal = Literal { text: text.value().clone(), at, indent };
                    if trims {
                        literal.trim_start();
                    }
                    (Strip::None, Part::Text(literal))
                }
                Element::Interpolation(value) => (value.strip, Part::Value(self.expr(&value.expr))),
                Element::Directive(directive) => self.directive(directive, indent),
            };
            if strip.strip_start() {
                trim_end(&mut parts);
            }
            trims = strip.strip_end();
            parts.push(part);
        }
        if ends.strip_end() {
            trim_end(&mut parts);
        }
        parts
    }

    /// A directive, and what it takes away around itself.
    fn directive(&self, directive: &Directive, indent: Option<u32>) -> (Strip, Part) {
        match directive {
            Directive::If(choice) => {
                let (begin, end) = (choice.if_expr.strip, choice.endif_expr.strip);
                let middle = choice.else_expr.as_ref().map_or(end, |otherwise| otherwise.strip);
                let otherwise = choice.else_expr.as_ref().map(|otherwise| {
                    let ends = Strip::from((middle.strip_end(), end.strip_start()));
                    self.parts_between(&otherwise.template, indent, ends)
                });
                let ends = Strip::from((begin.strip_end(), middle.strip_start()));
                let part = Part::If {
                    condition: self.expr(&choice.if_expr.cond_expr),
                    then: self.parts_between(&choice.if_expr.template, indent, ends),
                    otherwise: otherwise.unwrap_or_default(),
                };
                (Strip::from((begin.strip_start(), end.strip_end())), part)
            }
            Directive::For(each) => {
                let (begin, end) = (each.for_expr.strip, each.endfor_expr.strip);
                let ends = Strip::from((begin.strip_end(), end.strip_start()));
                let part = Part::For {
                    key: each.for_expr.key_var.as_ref().map(|name| name.as_str().to_owned()),
                    value: each.for_expr.value_var.as_str().to_owned(),
                    collection: self.expr(&each.for_expr.collection_expr),
                    parts: self.parts_between(&each.for_expr.template, indent, ends),
                };
                (Strip::from((begin.strip_start(), end.strip_end())), part)
            }
        }
    }
}

fn trim_end(parts: &mut [Part]) {
    if let Some(Part::Text(literal)) = parts.last_mut() {
        literal.text.truncate(literal.text.trim_end().len());
    }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessEqual,
        BinaryOperator::GreaterEq => Operator::GreaterEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Plus,
        BinaryOperator::Minus => Operator::Minus,
        BinaryOperator::Mul => Operator::Times,
        BinaryOperator::Div => Operator::Over,
        BinaryOperator::Mod => Operator::Modulo,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
