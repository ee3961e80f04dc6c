//! The case "many": 200 to 10,000 statements, each for one role, two actions and one folder, with a team that must
//! agree.
//!
//! For leastwise they are one resource policy, each statement naming its role; for Cedar one policy each:
//! `permit(principal in Role, action in [two], resource in Folder) when { principal.team == resource.team }`.

use crate::measure;
use anyhow::{Context as _, Result, bail};
use cedar_policy::{
    Authorizer, Decision, Entities, Entity, EntityUid, PolicySet as CedarPolicies, Request as CedarRequest,
    RestrictedExpression,
};
use leastwise_policy::aws::evaluate::{
    Compiled, Context, PolicySet, PrincipalRef, Request, ResourceRef, ResourceSide, Verdict,
};
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// How many requests are asked.
const ASKED: usize = 1_000;
/// How many statements a role has.
const OF_ROLE: usize = 4;

/// One statement: its role, its folder, its actions, by its number.
struct Line {
    role: usize,
    actions: [usize; 2],
    bucket: usize,
    folder: usize,
}

impl Line {
    fn new(number: usize) -> Line {
        let role = number / OF_ROLE;
        Line { role, actions: [number % 20, number % 20 + 20], bucket: number % 50, folder: number }
    }

    fn cedar(&self) -> String {
        let [one, other] = self.actions;
        format!(
            r#"permit(principal in Role::"role-{}", action in [Action::"Action{one}", Action::"Action{other}"],
                resource in Folder::"bucket-{}/folder-{}") when {{ principal.team == resource.team }};"#,
            self.role, self.bucket, self.folder
        )
    }

    fn aws(&self) -> String {
        let [one, other] = self.actions;
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:role/role-{}"}},
                "Action": ["s3:Action{one}", "s3:Action{other}"],
                "Resource": "arn:aws:s3:::bucket-{}/folder-{}/*",
                "Condition": {{"StringEquals": {{"aws:PrincipalTag/team": "${{aws:ResourceTag/team}}"}}}}}}"#,
            self.role, self.bucket, self.folder
        )
    }
}

/// One request.
#[derive(Clone, Copy)]
struct Asked {
    number: usize,
    role: usize,
    action: usize,
    bucket: usize,
    folder: usize,
    same_team: bool,
}

/// Half of them fit a statement, the others differ in one thing: team, role, action or folder.
fn asked(statements: usize) -> Vec<Asked> {
    let ask = |number: usize| {
        let Line { role, actions, bucket, folder } = Line::new(number * 7 % statements);
        let mut asked =
            Asked { number, role, action: actions[number / 3 % 2], bucket, folder, same_team: true };
        match number % 10 {
            1 | 4 => asked.same_team = false,
            3 => asked.role = (role + 1) % statements.div_ceil(OF_ROLE),
            6 => asked.action = (asked.action + 1) % 40,
            8 => asked.folder += 1,
            _ => {}
        }
        asked
    };
    (0..ASKED).map(ask).collect()
}

/// Lets one contender decide.
pub(crate) fn run(statements: usize, contender: &str, budget: Duration) -> Result<()> {
    let lines: Vec<Line> = (0..statements).map(Line::new).collect();
    let asked = asked(statements);
    match contender {
        "compiled" => leastwise(&lines, &asked, budget),
        "cedar" | "cedar-sliced" => cedar(&lines, &asked, contender == "cedar-sliced", budget),
        other => bail!("no contender `{other}`"),
    }
}

fn leastwise(lines: &[Line], asked: &[Asked], budget: Duration) -> Result<()> {
    let statements: Vec<String> = lines.iter().map(Line::aws).collect();
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(",\n"));
    let policy = Policy::parse_kind(&text, DocumentKind::Resource)?;
    let resource = ResourceSide::new("111122223333", vec![Named::new("many", policy)]);
    let compiled = Compiled::new(PolicySet { resource: Some(resource), ..PolicySet::default() });
    let contexts = ["red", "blue"].map(|team| {
        let mut context = Context::new();
        context.complete(true);
        context.insert("aws:PrincipalTag/team", "red").insert("aws:ResourceTag/team", team);
        context
    });
    let texts: Vec<_> = asked
        .iter()
        .map(|one| {
            let role = format!("arn:aws:iam::111122223333:role/role-{}", one.role);
            let resource = format!("arn:aws:s3:::bucket-{}/folder-{}/{}", one.bucket, one.folder, one.number);
            (role, format!("s3:Action{}", one.action), resource, &contexts[usize::from(!one.same_team)])
        })
        .collect();
    let decide = |(role, action, resource, context): &(String, String, String, &Context)| {
        compiled.decide(&Request {
            principal: PrincipalRef::new(role),
            action,
            resource: ResourceRef::Exact(resource),
            context,
        })
    };
    measure(&texts, budget, decide, |verdict| told(verdict == Verdict::Allowed))
}

fn told(allowed: bool) -> String {
    if allowed { "allowed" } else { "denied" }.to_owned()
}

/// Unsliced, every policy is in the set. Sliced, each request is given a set that holds nothing but the policies of its
/// role and its action: finding it is not timed, so this is Cedar's best.
fn cedar(lines: &[Line], asked: &[Asked], sliced: bool, budget: Duration) -> Result<()> {
    let set = |lines: &mut dyn Iterator<Item = &Line>| -> Result<CedarPolicies> {
        Ok(lines.map(Line::cedar).collect::<Vec<_>>().join("\n").parse()?)
    };
    // By role and action; none of them when all policies are in one set.
    let mut sets: BTreeMap<Option<(usize, usize)>, CedarPolicies> = BTreeMap::new();
    if sliced {
        for (role, action) in asked.iter().map(|one| (one.role, one.action)).collect::<BTreeSet<_>>() {
            let mut of = lines.iter().filter(|line| line.role == role && line.actions.contains(&action));
            sets.insert(Some((role, action)), set(&mut of)?);
        }
    } else {
        sets.insert(None, set(&mut lines.iter())?);
    }
    let entities = entities(asked)?;
    let requests = asked.iter().map(|one| {
        let (user, file) = (user(one)?, file(one)?);
        let action = uid("Action", &format!("Action{}", one.action))?;
        let request = CedarRequest::new(user, action, file, cedar_policy::Context::empty(), None)?;
        let key = sliced.then_some((one.role, one.action));
        Ok((request, sets.get(&key).context("a slice is missing")?))
    });
    let requests: Vec<_> = requests.collect::<Result<_>>()?;
    let authorizer = Authorizer::new();
    let decide = |(request, set): &(CedarRequest, &CedarPolicies)| {
        authorizer.is_authorized(request, set, &entities).decision()
    };
    measure(&requests, budget, decide, |decision| told(decision == Decision::Allow))
}

/// The user of each role, and each file with its folder: nothing else is in the store.
fn entities(asked: &[Asked]) -> Result<Entities> {
    let team =
        |team: &str| HashMap::from([("team".to_owned(), RestrictedExpression::new_string(team.to_owned()))]);
    let mut all: HashMap<EntityUid, Entity> = HashMap::new();
    for one in asked {
        let role = uid("Role", &format!("role-{}", one.role))?;
        let folder = uid("Folder", &format!("bucket-{}/folder-{}", one.bucket, one.folder))?;
        let user = Entity::new(user(one)?, team("red"), HashSet::from([role.clone()]))?;
        let of = if one.same_team { "red" } else { "blue" };
        let file = Entity::new(file(one)?, team(of), HashSet::from([folder.clone()]))?;
        let bare = [role, folder].map(|uid| Entity::new_no_attrs(uid, HashSet::new()));
        all.extend([user, file].into_iter().chain(bare).map(|entity| (entity.uid(), entity)));
    }
    Ok(Entities::from_entities(all.into_values(), None)?)
}

fn user(one: &Asked) -> Result<EntityUid> {
    uid("User", &format!("user-{}", one.role))
}

fn file(one: &Asked) -> Result<EntityUid> {
    uid("File", &format!("bucket-{}/folder-{}/{}", one.bucket, one.folder, one.number))
}

fn uid(kind: &str, name: &str) -> Result<EntityUid> {
    Ok(EntityUid::from_type_name_and_id(kind.parse()?, name.parse()?))
}
