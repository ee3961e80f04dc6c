//! A resource that Terraform will make, whether a configuration or a plan says so.

use std::collections::BTreeMap;

use leastwise_policy::aws::DocumentKind;

use crate::check::Home;
use crate::check::read::cloudformation::add_text;
use crate::check::read::deployed::facts::{GIVES, HOLDS, RUNS};
use crate::check::read::deployed::{Deployed, Hangs, Kind, Written, at_path, policy_named};
use crate::source::{Entry, Node, Place, Value, hole};

/// A resource with its attributes.
pub(super) struct Declared<'r> {
    /// `module.x.aws_iam_role.agent["a"]`
    pub(super) address: &'r str,
    /// The same without an index.
    pub(super) base: String,
    /// `aws_iam_role`
    pub(super) kind: &'r str,
    pub(super) home: Home,
    pub(super) body: &'r Node,
    /// The document that an attribute holds.
    pub(super) written: &'r dyn Fn(&Node) -> Written,
    /// The conditions that a value hangs on, by its place.
    pub(super) hangs_on: &'r dyn Fn(Place) -> Hangs,
}

/// Adds what the resource is to what will be deployed.
pub(super) fn add(declared: &Declared<'_>, deployed: &mut Deployed) {
    match declared.kind {
        "aws_iam_role" => declared.principal(Kind::Role, deployed),
        "aws_iam_user" => declared.principal(Kind::User, deployed),
        "aws_iam_group" => declared.principal(Kind::Group, deployed),
        "aws_iam_policy" => declared.managed(deployed),
        "aws_iam_instance_profile" => {
            for role in declared.texts("role").into_iter().chain(declared.texts("roles")) {
                deployed.profile(&declared.name(), &role);
            }
        }
        "aws_iam_user_group_membership" => {
            declared.members(("user", "groups"), deployed);
        }
        "aws_iam_group_membership" => declared.members(("users", "group"), deployed),
        "aws_iam_access_key" => {
            deployed.access_key(&declared.text("user").unwrap_or_default(), declared.home.clone());
        }
        "aws_organizations_policy" => declared.of_organization(deployed),
        "aws_lambda_permission" => declared.lambda_permission(deployed),
        "aws_lambda_function_url" => declared.function_url(deployed),
        "aws_cloudformation_stack" | "aws_cloudformation_stack_set" => declared.stack(deployed),
        "awscc_iam_role" => declared.by_cloud_control(Kind::Role, "role_name", deployed),
        "awscc_iam_user" => declared.by_cloud_control(Kind::User, "user_name", deployed),
        "awscc_iam_group" => declared.by_cloud_control(Kind::Group, "group_name", deployed),
        "awscc_iam_managed_policy" => declared.managed_by_cloud_control(deployed),
        "awscc_iam_instance_profile" => {
            for role in declared.texts("roles") {
                deployed.profile(&declared.name_at("instance_profile_name"), &role);
            }
        }
        "awscc_iam_user_to_group_addition" => {
            declared.members(("users", "group_name"), deployed);
        }
        "aws_ssoadmin_permission_set" => declared.permission_set(deployed),
        "aws_ssoadmin_customer_managed_policy_attachment" => {
            if let Some(set) = declared.text("permission_set_arn") {
                for (arn, on) in declared.policies_named("customer_managed_policy_reference") {
                    let home = declared.home.clone();
                    deployed.hanging(on, |deployed| deployed.attach(Kind::Role, &set, arn, home));
                }
            }
        }
        "aws_ssoadmin_permissions_boundary_attachment" => {
            declared.bound_set(deployed);
        }
        "aws_lambda_layer_version_permission" => declared.layer_permission(deployed),
        "aws_cloudwatch_event_permission" => declared.event_permission(deployed),
        _ => declared.by_facts(deployed),
    }
}

impl Declared<'_> {
    fn text(&self, path: &str) -> Option<String> {
        self.texts(path).into_iter().next()
    }

    fn texts(&self, path: &str) -> Vec<String> {
        let nodes = at_path(self.body, path).into_iter().flat_map(Node::one_or_many);
        nodes.filter_map(as_text).collect()
    }

    /// The same, each with where it stands.
    fn places(&self, path: &str) -> Vec<(String, Home)> {
        let nodes = at_path(self.body, path).into_iter().flat_map(Node::one_or_many);
        nodes.filter_map(|node| Some((as_text(node)?, (self.written)(node).home()))).collect()
    }

    /// The texts at a path, each with where it stands and what it hangs on.
    fn hanging(&self, path: &str) -> Vec<(String, Home, Hangs)> {
        let nodes = at_path(self.body, path).into_iter().flat_map(Node::one_or_many);
        let each =
            |node: &Node| Some((as_text(node)?, (self.written)(node).home(), (self.hangs_on)(node.at)));
        nodes.filter_map(each).collect()
    }

    /// Users who are in groups, as two attributes say; that is said where the resource stands.
    fn members(&self, (users, groups): (&str, &str), deployed: &mut Deployed) {
        for (user, _, on) in self.hanging(users) {
            for (group, _, also) in self.hanging(groups) {
                let (on, home) = (on.iter().cloned().chain(also), self.home.clone());
                deployed.hanging(on, |deployed| deployed.join(&user, &group, home));
            }
        }
    }

    /// Those of the texts at a path that are there less often than what is being added.
    fn sometimes(&self, path: &str, deployed: &Deployed) -> Vec<String> {
        let hanging = self.hanging(path).into_iter();
        hanging.filter(|(.., on)| !on.is_subset(deployed.surely_on())).map(|(text, ..)| text).collect()
    }

    /// The name; one that is not known is the same wherever it is used.
    fn name(&self) -> String {
        match self.body.get("name").map(|node| &node.value) {
            Some(Value::Text(name)) => name.clone(),
            _ => hole(&format!("{}.name", self.base)),
        }
    }

    fn path(&self) -> String {
        self.body.get("path").and_then(Node::text).unwrap_or("/").to_owned()
    }

    fn document(&self, attribute: &str) -> Option<Written> {
        let node = at_path(self.body, attribute).first().copied()?;
        let nothing = node.value == Value::Null || node.text().is_some_and(|text| text.trim().is_empty());
        (!nothing).then(|| (self.written)(node))
    }

    fn principal(&self, kind: Kind, deployed: &mut Deployed) {
        let mut inline = Vec::new();
        for block in self.body.get("inline_policy").map(Node::one_or_many).unwrap_or_default() {
            if let Some(policy) = block.get("policy").filter(|policy| policy.value != Value::Null) {
                let name = block.get("name").and_then(as_text).unwrap_or_else(|| "inline".to_owned());
                let written = deployed.written_under((self.written)(policy), &(self.hangs_on)(block.at));
                inline.push((name, written));
            }
        }
        let sometimes = self.sometimes("managed_policy_arns", deployed);
        let (trust, attached) = (self.document("assume_role_policy"), self.texts("managed_policy_arns"));
        let (tags, boundary) = (self.tags(), self.text("permissions_boundary"));
        let places = ["managed_policy_arns", "permissions_boundary"].map(|path| self.places(path)).concat();
        let name = deployed.told_apart(self.name());
        let entity = deployed.entity(kind, name, self.path(), self.home.clone());
        entity.trust.extend(trust);
        entity.inline = inline;
        entity.attached = attached;
        entity.sometimes = sometimes;
        entity.boundary = boundary;
        entity.places = places;
        entity.tags = tags;
    }

    fn tags(&self) -> BTreeMap<String, String> {
        ["default_tags", "tags_all", "tags"]
            .iter()
            .filter_map(|key| self.body.get(key))
            .flat_map(Node::entries)
            .filter_map(|entry| Some((entry.key.clone(), as_text(&entry.value)?)))
            .collect()
    }

    fn managed(&self, deployed: &mut Deployed) {
        let arn = self.text("arn").unwrap_or_else(|| format!("{}.arn", self.base));
        deployed.managed(arn, self.name(), self.document("policy").into_iter().collect());
    }

    fn of_organization(&self, deployed: &mut Deployed) {
        let kind = match self.text("type").as_deref() {
            None | Some("SERVICE_CONTROL_POLICY") => DocumentKind::ServiceControl,
            Some("RESOURCE_CONTROL_POLICY") => DocumentKind::ResourceControl,
            Some(_) => return,
        };
        if let Some(written) = self.document("content") {
            deployed.document(self.address.to_owned(), kind, "", written);
        }
    }

    fn by_facts(&self, deployed: &mut Deployed) {
        for holds in HOLDS.iter().filter(|holds| holds.terraform == self.kind) {
            if let Some(written) = self.document(holds.terraform_path) {
                deployed.document(self.address.to_owned(), holds.kind, holds.on, written);
            }
        }
        for gives in GIVES.iter().filter(|gives| gives.terraform == self.kind) {
            let is_held = gives.to.iter().any(|(_, to)| !self.texts(to).is_empty());
            if let Some(written) = self.document(gives.policy).filter(|_| gives.inline && !is_held) {
                deployed.document(self.address.to_owned(), DocumentKind::Identity, "", written);
            }
            for (kind, to) in gives.to {
                for (holder, _, on) in self.hanging(to) {
                    if !gives.inline {
                        for (arn, home, also) in self.hanging(gives.policy) {
                            let on = on.iter().cloned().chain(also);
                            deployed.hanging(on, |deployed| deployed.attach(*kind, &holder, arn, home));
                        }
                    } else if let Some(written) = self.document(gives.policy) {
                        let name = self.name();
                        deployed.hanging(on, |deployed| deployed.give_inline(*kind, &holder, name, written));
                    }
                }
            }
        }
        for runs in RUNS.iter().filter(|runs| runs.terraform == self.kind) {
            for role in self.texts(runs.terraform_path) {
                let arn = self.text("arn").unwrap_or_else(|| self.address.to_owned());
                deployed.running(arn, runs.service, &role);
            }
        }
    }

    /// A permission set: whoever is assigned it gets a role with its policies.
    /// <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>
    fn permission_set(&self, deployed: &mut Deployed) {
        let name = format!("AWSReservedSSO_{}", self.name());
        let tags = self.tags();
        deployed.entity(Kind::Role, name, "/".to_owned(), self.home.clone()).tags = tags;
        let arn = self.text("arn").unwrap_or_else(|| hole(&format!("{}.arn", self.base)));
        deployed.also_called(Kind::Role, &arn);
    }

    /// What stands for the ARNs of policies that are referred to by their names, each with what it hangs on.
    fn policies_named(&self, path: &str) -> Vec<(String, Hangs)> {
        let blocks = at_path(self.body, path).into_iter().flat_map(Node::one_or_many);
        let each = |block: &Node| {
            let name = block.get("name")?;
            let folder = block.get("path").and_then(as_text).unwrap_or_else(|| "/".to_owned());
            let mut on = (self.hangs_on)(block.at);
            on.extend((self.hangs_on)(name.at));
            Some((policy_named(&folder, &as_text(name)?), on))
        };
        blocks.filter_map(each).collect()
    }

    /// The boundary of a permission set, or those of which one will be it.
    fn bound_set(&self, deployed: &mut Deployed) {
        let Some(set) = self.text("permission_set_arn") else { return };
        let by_arn = self.hanging("permissions_boundary.managed_policy_arn").into_iter();
        let mut any = by_arn.map(|(arn, _, on)| (arn, on)).collect::<Vec<_>>();
        any.extend(self.policies_named("permissions_boundary.customer_managed_policy_reference"));
        let (arns, conditions): (Vec<String>, Vec<Hangs>) = any.into_iter().unzip();
        // What all of them hang on; what tells them apart does not matter.
        let common = conditions.into_iter().reduce(|one, other| &one & &other).unwrap_or_default();
        deployed.hanging(common, |deployed| deployed.bound(Kind::Role, &set, arns, self.home.clone()));
    }

    /// The name that an attribute gives; one that is not known is the same wherever it is used.
    fn name_at(&self, attribute: &str) -> String {
        self.text(attribute).unwrap_or_else(|| hole(&format!("{}.{attribute}", self.base)))
    }

    fn managed_by_cloud_control(&self, deployed: &mut Deployed) {
        let arn = self.text("policy_arn").unwrap_or_else(|| hole(&format!("{}.policy_arn", self.base)));
        for (kind, property) in [(Kind::Role, "roles"), (Kind::User, "users"), (Kind::Group, "groups")] {
            for (holder, _, on) in self.hanging(property) {
                let (arn, home) = (arn.clone(), self.home.clone());
                deployed.hanging(on, |deployed| deployed.attach(kind, &holder, arn, home));
            }
        }
        let documents = self.document("policy_document").into_iter().collect();
        deployed.managed(arn, self.name_at("managed_policy_name"), documents);
    }

    /// A principal as the provider for Cloud Control declares it.
    fn by_cloud_control(&self, kind: Kind, name: &str, deployed: &mut Deployed) {
        let mut inline = Vec::new();
        for policy in at_path(self.body, "policies").into_iter().flat_map(Node::one_or_many) {
            if let Some(document) = policy.get("policy_document").filter(|node| node.value != Value::Null) {
                let name = policy.get("policy_name").and_then(as_text).unwrap_or_else(|| "inline".to_owned());
                let written = deployed.written_under((self.written)(document), &(self.hangs_on)(policy.at));
                inline.push((name, written));
            }
        }
        let name = deployed.told_apart(self.name_at(name));
        for (group, _, on) in self.hanging("groups") {
            deployed.hanging(on, |deployed| deployed.join(&name, &group, self.home.clone()));
        }
        let (trust, attached) =
            (self.document("assume_role_policy_document"), self.texts("managed_policy_arns"));
        let sometimes = self.sometimes("managed_policy_arns", deployed);
        let boundary = self.text("permissions_boundary");
        let places = ["managed_policy_arns", "permissions_boundary"].map(|path| self.places(path)).concat();
        let tags = at_path(self.body, "tags").into_iter().flat_map(Node::one_or_many);
        let tags = tags.filter_map(|tag| Some((as_text(tag.get("key")?)?, as_text(tag.get("value")?)?)));
        let tags = tags.collect();
        let entity = deployed.entity(kind, name, self.path(), self.home.clone());
        entity.tags = tags;
        entity.trust.extend(trust);
        entity.inline = inline;
        entity.attached = attached;
        entity.sometimes = sometimes;
        entity.boundary = boundary;
        entity.places = places;
    }

    /// What the template of a stack deploys, and the role that the stack runs as.
    fn stack(&self, deployed: &mut Deployed) {
        if let Some(template) = self.body.get("template_body") {
            let written = (self.written)(template);
            add_text(&written.root, &self.home, self.address, deployed);
        }
        self.by_facts(deployed);
    }

    /// Whoever has the address may call a function whose address asks for nothing: the provider says so in its policy.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
    fn function_url(&self, deployed: &mut Deployed) {
        if self.text("authorization_type").as_deref() != Some("NONE") {
            return;
        }
        let function = self.body.get("function_name");
        let permission = Permission::of_url(self.body.at, deployed.account(), function);
        let written = (self.written)(&permission);
        let kind = DocumentKind::Resource;
        deployed.document(self.address.to_owned(), kind, "AWS::Lambda::Function", written);
    }

    fn layer_permission(&self, deployed: &mut Deployed) {
        let layer = self.body.get("layer_name");
        let permission = Permission {
            at: self.body.at,
            account: deployed.account(),
            principal: self.body.get("principal"),
            action: self.body.get("action"),
            function: layer.filter(|node| node.text().is_some_and(|text| text.starts_with("arn:"))),
            conditions: Permission::of_organization(self.body.get("organization_id")),
        };
        let written = (self.written)(&permission.document());
        deployed.document(
            self.address.to_owned(),
            DocumentKind::Resource,
            "AWS::Lambda::LayerVersion",
            written,
        );
    }

    fn event_permission(&self, deployed: &mut Deployed) {
        let action = Node::new(self.body.at, Value::Text("events:PutEvents".to_owned()));
        let permission = Permission {
            at: self.body.at,
            account: deployed.account(),
            principal: self.body.get("principal"),
            action: Some(self.body.get("action").filter(|node| node.value != Value::Null).unwrap_or(&action)),
            function: None,
            conditions: Permission::of_organization(at_path(self.body, "condition.value").first().copied()),
        };
        let written = (self.written)(&permission.document());
        deployed.document(self.address.to_owned(), DocumentKind::Resource, "AWS::Events::EventBus", written);
    }

    /// A permission on a function is a statement of the function's policy.
    fn lambda_permission(&self, deployed: &mut Deployed) {
        let permission = Permission {
            at: self.body.at,
            account: deployed.account(),
            principal: self.body.get("principal"),
            action: self.body.get("action"),
            function: self.body.get("function_name"),
            conditions: [
                ("ArnLike", "aws:SourceArn", self.body.get("source_arn")),
                ("StringEquals", "aws:SourceAccount", self.body.get("source_account")),
                ("StringEquals", "aws:PrincipalOrgID", self.body.get("principal_org_id")),
                ("StringEquals", "lambda:FunctionUrlAuthType", self.body.get("function_url_auth_type")),
                ("StringEquals", "lambda:EventSourceToken", self.body.get("event_source_token")),
            ],
        };
        let written = (self.written)(&permission.document());
        let kind = DocumentKind::Resource;
        deployed.document(self.address.to_owned(), kind, "AWS::Lambda::Function", written);
    }
}

/// What `lambda:AddPermission` is given.
pub(in crate::check::read) struct Permission<'n> {
    pub(in crate::check::read) at: Place,
    pub(in crate::check::read) account: &'n str,
    pub(in crate::check::read) principal: Option<&'n Node>,
    pub(in crate::check::read) action: Option<&'n Node>,
    pub(in crate::check::read) function: Option<&'n Node>,
    pub(in crate::check::read) conditions: Conditions<'n>,
}

/// Operator, key and value.
type Conditions<'n> = [(&'static str, &'static str, Option<&'n Node>); 5];

impl<'n> Permission<'n> {
    /// For nobody but the principals of this organisation, when one is named.
    pub(in crate::check::read) const fn of_organization(organization: Option<&'n Node>) -> Conditions<'n> {
        let none = ("StringEquals", "aws:PrincipalOrgID", None);
        [("StringEquals", "aws:PrincipalOrgID", organization), none, none, none, none]
    }

    /// What lets everybody call a function by an address that asks for no authentication.
    pub(in crate::check::read) fn of_url(at: Place, account: &str, function: Option<&Node>) -> Node {
        let text = |text: &str| Node::new(at, Value::Text(text.to_owned()));
        let (everybody, action, auth) = (text("*"), text("lambda:InvokeFunctionUrl"), text("NONE"));
        let mut conditions = Permission::of_organization(None);
        conditions[0] = ("StringEquals", "lambda:FunctionUrlAuthType", Some(&auth));
        let (principal, action) = (Some(&everybody), Some(&action));
        Permission { at, account, principal, action, function, conditions }.document()
    }

    /// The document that Lambda makes of it.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
    pub(in crate::check::read) fn document(&self) -> Node {
        let at = self.at;
        let text = |text: &str| Node::new(at, Value::Text(text.to_owned()));
        let entry = |key: &str, value: Node| Entry { key: key.to_owned(), at: value.at, value };
        let mut statement = vec![entry("Effect", text("Allow"))];
        if let Some(principal) = self.principal {
            let kind = match principal.text() {
                Some("*") => None,
                Some(name) if name.contains(".amazonaws.com") || name.ends_with(".amazon.com") => {
                    Some("Service")
                }
                _ => Some("AWS"),
            };
            statement.push(match kind {
                None => entry("Principal", principal.clone()),
                Some(kind) => {
                    let map = Value::Map(vec![entry(kind, principal.clone())]);
                    entry("Principal", Node::new(principal.at, map))
                }
            });
        }
        let action = self.action.cloned().unwrap_or_else(|| text("lambda:InvokeFunction"));
        statement.push(entry("Action", action));
        let function = self.function.map(|function| {
            let shown = as_text(function).unwrap_or_default();
            let arn = match shown.starts_with("arn:") {
                true => shown,
                false => format!("arn:aws:lambda:{}:{}:function:{shown}", hole("region"), self.account),
            };
            Node::new(function.at, Value::Text(arn))
        });
        statement.push(entry("Resource", function.unwrap_or_else(|| text("*"))));
        let mut operators: Vec<Entry> = Vec::new();
        for (operator, key, value) in self.conditions {
            let Some(value) = value.filter(|value| value.value != Value::Null) else { continue };
            let condition = entry(key, value.clone());
            match operators.iter_mut().find(|known| known.key == operator) {
                Some(known) => {
                    if let Value::Map(keys) = &mut known.value.value {
                        keys.push(condition);
                    }
                }
                None => operators.push(entry(operator, Node::new(value.at, Value::Map(vec![condition])))),
            }
        }
        if !operators.is_empty() {
            statement.push(entry("Condition", Node::new(at, Value::Map(operators))));
        }
        let statements = Value::List(vec![Node::new(at, Value::Map(statement))]);
        let entries =
            vec![entry("Version", text("2012-10-17")), entry("Statement", Node::new(at, statements))];
        Node::new(at, Value::Map(entries))
    }
}

fn as_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) if text.is_empty() => None,
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Unknown(what) => Some(hole(what)),
        _ => None,
    }
}
