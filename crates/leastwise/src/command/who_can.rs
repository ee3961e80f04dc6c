//! `leastwise who-can`: every principal of the snapshot asked the same.

use leastwise_analysis::granted::{GrantedPrincipal, PrincipalKind};
use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::explain::{Explanation, explain};
use leastwise_policy::aws::evaluate::{EVALUATOR_VERSION, Evaluation, Verdict, evaluate};
use serde_json::{Value, json};

use super::simulate::request::{Ask, Case, Who};
use super::simulate::world::{World, whole};
use super::simulate::{context, json as decision, text};
use crate::cli::simulate::Output;
use crate::cli::who_can::WhoCanArgs;
use crate::error::{Error, Result, story};
use crate::output::table::{Column, lay_out};
use crate::output::{self, counted, plain};

/// Asks everybody, prints who can and who perhaps can.
pub fn run(args: &WhoCanArgs, catalog: &Catalog) -> Result<()> {
    let ask = Ask {
        action: args.action.clone(),
        resource: args.resource.clone(),
        context: context(&args.context)?,
        complete: args.context.complete_context,
        resource_account: args.layers.resource_account.clone(),
        ..Ask::default()
    };
    let world = World::read(&args.layers, catalog)?;
    let found = Found::all(&world, &ask)?;
    let text = match args.output {
        Output::Text => found.text(output::width()),
        Output::Json => format!("{:#}\n", found.json(&world)),
    };
    output::result(text.as_bytes())?;
    match found.undecided.as_slice() {
        [] if found.truncated => Err(Error::input("the snapshot is one page of several")
            .hint("give all of them, or use `leastwise snapshot`; whoever is in the others is not listed")),
        [] => Ok(()),
        undecided => {
            for (_, error) in undecided.iter().take(TOLD) {
                output::note(&story(error));
            }
            let count = counted(undecided.len() as u64, "principal", "principals");
            let error = Error::input(format!("{count} could not be decided on"));
            match undecided.len() > TOLD {
                true => Err(error.hint(format!("the first {TOLD} are told; --output json has the others"))),
                false => Err(error),
            }
        }
    }
}

/// Principals that could not be decided on and are told with the reason.
const TOLD: usize = 10;

const NOT_FOLLOWED: &str = "roles that somebody could assume first are not followed";

/// What everybody was answered.
struct Found<'a> {
    action: String,
    resource: String,
    assumed: Vec<String>,
    allowed: Vec<(&'a GrantedPrincipal, Evaluation)>,
    depends: Vec<(&'a GrantedPrincipal, Explanation)>,
    denied: usize,
    undecided: Vec<(&'a str, Error)>,
    /// Whom the policy of the resource names besides, as it spells them.
    named: Vec<String>,
    truncated: bool,
}

impl<'a> Found<'a> {
    fn all(world: &'a World<'_>, ask: &Ask) -> Result<Found<'a>> {
        let action = world.action(&ask.action)?;
        let snapshot = world.snapshot()?;
        let mut found = Found {
            action: action.full_name(),
            resource: ask.resource.clone(),
            assumed: Vec::new(),
            allowed: Vec::new(),
            depends: Vec::new(),
            denied: 0,
            undecided: Vec::new(),
            named: world.named_by_resource(action, ask)?,
            truncated: snapshot.is_truncated(),
        };
        // What is wrong with the question itself is told once, not for everybody.
        world.check(action, ask)?;
        for principal in snapshot.principals() {
            let case = whole(principal).and_then(|granted| {
                let who = Who { arn: granted.arn.clone(), session: None, granted: Some(granted) };
                world.case_of(&who, action, ask)
            });
            match case {
                Ok(case) => found.add(principal, case),
                Err(error) => found.undecided.push((&principal.arn, error)),
            }
        }
        Ok(found)
    }

    fn add(&mut self, principal: &'a GrantedPrincipal, case: Case) {
        let evaluation = evaluate(case.set.set(), &case.request());
        match evaluation.verdict {
            Verdict::Allowed => self.allowed.push((principal, evaluation)),
            Verdict::Depends => self.depends.push((principal, explain(case.set.set(), &case.request()))),
            Verdict::ExplicitDeny | Verdict::ImplicitDeny => self.denied += 1,
        }
        for assumed in case.assumed {
            if !self.assumed.contains(&assumed) {
                self.assumed.push(assumed);
            }
        }
    }

    fn text(&self, width: Option<usize>) -> String {
        let mut text = String::new();
        let mut section = |title: String, columns: &[Column], rows: &[Vec<String>]| {
            text.push_str(&plain(&title));
            text.push('\n');
            if !rows.is_empty() {
                text.push_str(&lay_out(columns, rows, width));
            }
            text.push('\n');
        };
        let column = |title, gives_way| Column { title, right: false, gives_way };
        let can: Vec<Vec<String>> = self
            .allowed
            .iter()
            .map(|(principal, evaluation)| {
                let by: Vec<String> = evaluation.by.iter().map(text::short).collect();
                vec![principal.arn.clone(), by.join(", ")]
            })
            .collect();
        let perhaps: Vec<Vec<String>> = self
            .depends
            .iter()
            .map(|(principal, explanation)| {
                let keys: Vec<&str> = explanation.needed.iter().map(|needed| needed.key.as_str()).collect();
                let with =
                    explanation.allowing.as_ref().map(|given| text::as_flags(given)).unwrap_or_default();
                vec![principal.arn.clone(), keys.join(", "), with]
            })
            .collect();
        let columns = [column("PRINCIPAL", true), column("ALLOWED BY", true)];
        let count = counted(can.len() as u64, "principal", "principals");
        section(format!("{count} can {} on {}", self.action, self.resource), &columns, &can);
        if !perhaps.is_empty() {
            let columns = [
                column("PRINCIPAL", true),
                column("DEPENDS ON", true),
                column("ALLOWED, FOR INSTANCE, WITH", true),
            ];
            let count = counted(perhaps.len() as u64, "principal", "principals");
            section(format!("{count} perhaps, as nobody knows some keys"), &columns, &perhaps);
        }
        text.push_str(&counted(self.denied as u64, "principal", "principals"));
        text.push_str(" cannot\n");
        let named = self.named.iter().map(|named| {
            format!("the policy of the resource also has an Allow for {named}, who is not in the snapshot")
        });
        for assumed in self.assumed.iter().cloned().chain(named).chain([NOT_FOLLOWED.to_owned()]) {
            text.push_str(&plain(&format!("note: {assumed}")));
            text.push('\n');
        }
        text
    }

    fn json(&self, world: &World<'_>) -> Value {
        let places = |evaluation: &Evaluation| -> Vec<Value> {
            evaluation.by.iter().map(|place| decision::statement(world, place)).collect()
        };
        let allowed = self.allowed.iter().map(|(principal, evaluation)| {
            json!({ "principal": principal.arn, "kind": kind(principal), "by": places(evaluation) })
        });
        let depends = self.depends.iter().map(|(principal, explanation)| {
            json!({
                "principal": principal.arn,
                "kind": kind(principal),
                "depends_on": explanation.evaluation.missing_keys,
                "allowed_with": decision::given(explanation.allowing.as_ref()),
                "by": places(&explanation.evaluation),
            })
        });
        let undecided = self
            .undecided
            .iter()
            .map(|(arn, error)| json!({ "principal": arn, "error": decision::reason(error) }));
        json!({
            "schema": "leastwise/who-can/1",
            "action": self.action,
            "resource": self.resource,
            "assumed": self.assumed,
            "allowed": allowed.collect::<Vec<_>>(),
            "depends": depends.collect::<Vec<_>>(),
            "denied": self.denied,
            "undecided": undecided.collect::<Vec<_>>(),
            "named_by_resource_policy": self.named,
            "notes": [NOT_FOLLOWED],
            "snapshot_complete": !self.truncated,
            "catalog_date": world.catalog.version().date,
            "evaluator": EVALUATOR_VERSION,
        })
    }
}

fn kind(principal: &GrantedPrincipal) -> &'static str {
    match principal.kind {
        PrincipalKind::Role => "role",
        PrincipalKind::User => "user",
    }
}
