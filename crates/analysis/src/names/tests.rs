//! What is taken from a snapshot, what is not and why, and that a policy made by it allows what AWS asks for.

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Named, Policy, Statement};

use super::*;
use crate::granted::Snapshot;
use crate::rightsize::{NoteKind, Options, rightsize};
use crate::usage::UsageContext;

const ACCOUNT: &str = "arn:aws:iam::111122223333";
const WEB: &str = "arn:aws:iam::111122223333:role/app/web";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn row(action: &str, resource: Resource) -> UsageRow {
    UsageRow {
        principal: format!("{ACCOUNT}:role/deploy"),
        action: action.to_owned(),
        resource,
        outcome: Outcome::Used,
        context: UsageContext::default(),
        count: 2,
        first: at("2026-10-01T08:00:00Z"),
        last: at("2026-10-20T08:00:00Z"),
        example: "5e2d8a3e-0000-4000-8000-000000000001".to_owned(),
    }
}

/// Passing the role of an instance profile to EC2, as the rule tables say it.
fn passing(profile: &str) -> UsageRow {
    let every_role = Resource::Pattern(format!("{ACCOUNT}:role/*"));
    let mut row = row("iam:PassRole", every_role);
    row.context =
        row.context.with("iam:PassedToService", "ec2.amazonaws.com").with(INSTANCE_PROFILE, profile);
    row
}

fn passing_in(account: &str, profile: &str) -> UsageRow {
    let resource = Resource::Pattern(format!("arn:aws:iam::{account}:role/*"));
    UsageRow { resource, ..passing(profile) }
}

fn named(action: &str, arn: &str) -> UsageRow {
    let mut row = row(action, Resource::Exact(format!("{ACCOUNT}:{arn}")));
    row.context = row.context.with(WITHOUT_PATH, "true");
    row
}

/// A change of an instance profile, by somebody else.
fn change(action: &str, profile: &str, last: &str) -> UsageRow {
    let mut row = named(action, &format!("instance-profile/{profile}"));
    row.principal = format!("{ACCOUNT}:user/ops");
    (row.first, row.last) = (at(last), at(last));
    row
}

/// A snapshot with one role, in these instance profiles.
fn listing(profiles: &str) -> String {
    format!(
        r#"{{"RoleDetailList":[{{"RoleName":"web","Path":"/app/","Arn":"{WEB}","CreateDate":"2025-01-01T00:00:00Z",
            "InstanceProfileList":[{profiles}]}}],
            "UserDetailList":[{{"UserName":"Ana","Path":"/staff/","Arn":"{ACCOUNT}:user/staff/Ana"}}],
            "GroupDetailList":[{{"GroupName":"ops","Path":"/","Arn":"{ACCOUNT}:group/ops"}}]}}"#
    )
}

fn profile(path_and_name: &str) -> String {
    format!(
        r#"{{"Arn":"{ACCOUNT}:instance-profile/{path_and_name}","CreateDate":"2025-01-01T00:00:00+00:00","Roles":[{{"Arn":"{WEB}"}}]}}"#
    )
}

fn directory(listings: &[String]) -> Option<Directory> {
    let files = listings.iter().map(|text| ("s.json", text.as_str()));
    Directory::of(&Snapshot::parse_all(files).unwrap())
}

fn naming(rows: &[UsageRow], changes: &[UsageRow], listings: &[String]) -> Naming {
    Naming::of(rows, None, &Changes::of(changes), directory(listings).as_ref())
}

/// The role that is taken for the one in a profile; else why none is.
fn role(named: &str, changes: &[UsageRow], listings: &[String]) -> Result<String, Unclear> {
    let naming = naming(&[passing(named)], changes, listings);
    match (&naming.taken[..], naming.unclear.get(named)) {
        ([Taken { named: from, by: By::InstanceProfile, is, both: false }], None) if from == named => {
            Ok(is.clone())
        }
        ([], Some(why)) => Err(why.clone()),
        other => panic!("{other:?}"),
    }
}

fn in_account(resource: &str) -> String {
    format!("{ACCOUNT}:{resource}")
}

/// The resources of the policy that is made of the rows for an action.
fn resources(rows: &[UsageRow], naming: &Naming, action: &str) -> Vec<String> {
    let made = rightsize(&apply(rows, &naming.taken, None), None, Catalog::embedded(), &Options::default())
        .documents;
    let statements = made.iter().flat_map(|document| &document.policy.statements);
    let of_action = statements.filter(|statement| statement.action.applies_to(action));
    let resources = of_action.filter_map(|statement| statement.resource.as_ref());
    resources.flat_map(|block| block.patterns()).map(|one| one.as_str().to_owned()).collect()
}

#[test]
fn passing_is_limited_to_the_role_in_the_profile() {
    let listings = [listing(&profile("web-node"))];
    let rows = [passing(&in_account("instance-profile/web-node"))];
    let naming = naming(&rows, &[], &listings);
    assert_eq!(resources(&rows, &naming, "iam:PassRole"), [WEB]);
    let notes = naming.notes();
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].kind, notes[0].place.as_str()), (NoteKind::InstanceProfile, "iam:PassRole"));
    assert!(notes[0].text.contains("`web-node`") && notes[0].text.contains(WEB), "{}", notes[0].text);
}

#[test]
fn a_profile_is_found_by_name_whatever_its_path_and_case_and_by_its_own_arn_only() {
    let listings = [listing(&profile("nodes/web-node"))];
    let found = |named: &str| role(&in_account(named), &[], &listings);
    assert_eq!(found("instance-profile/web-node"), Ok(WEB.to_owned()));
    assert_eq!(found("instance-profile/Web-Node"), Ok(WEB.to_owned()));
    assert_eq!(found("instance-profile/nodes/web-node"), Ok(WEB.to_owned()));
    assert_eq!(found("instance-profile/other/web-node"), Err(Unclear::Unlisted));
}

#[test]
fn a_profile_that_no_role_is_listed_in_stays_wide() {
    let listings = [listing(&profile("web-node"))];
    for gone in ["instance-profile/gone", "instance-profile/web-node*", "role/web"] {
        assert_eq!(role(&in_account(gone), &[], &listings), Err(Unclear::Unlisted), "{gone}");
    }
    assert_eq!(role("web-node", &[], &listings), Err(Unclear::Unlisted));
    let rows = [passing(&in_account("instance-profile/gone"))];
    let naming = naming(&rows, &[], &listings);
    assert_eq!(resources(&rows, &naming, "iam:PassRole"), [in_account("role/*")]);
    assert!(naming.notes()[0].text.contains("lists none in it"));
}

#[test]
fn one_profile_that_is_not_told_keeps_passing_wide() {
    let listings = [listing(&profile("web-node"))];
    let rows =
        [passing(&in_account("instance-profile/web-node")), passing(&in_account("instance-profile/gone"))];
    let naming = naming(&rows, &[], &listings);
    assert_eq!(naming.taken.len(), 1);
    assert_eq!(resources(&rows, &naming, "iam:PassRole"), [in_account("role/*")]);
}

#[test]
fn without_a_whole_snapshot_of_the_account_nothing_is_taken() {
    let named = in_account("instance-profile/web-node");
    assert_eq!(role(&named, &[], &[]), Err(Unclear::Unlisted));
    let page = listing(&profile("web-node")).replacen('{', r#"{"IsTruncated":true,"#, 1);
    assert_eq!(role(&named, &[], &[page]), Err(Unclear::Unasked));
    let elsewhere = listing(&profile("web-node")).replace("111122223333", "444455556666");
    assert_eq!(role(&named, &[], std::slice::from_ref(&elsewhere)), Err(Unclear::Unlisted));
    let both = [elsewhere, listing(&profile("web-node"))];
    assert_eq!(role(&named, &[], &both), Ok(WEB.to_owned()), "each account has names of its own");
    let china = listing(&profile("web-node")).replace("arn:aws:", "arn:aws-cn:");
    assert_eq!(role(&named, &[], &[china]), Err(Unclear::Unlisted));
}

#[test]
fn a_profile_that_is_listed_in_several_roles_stays_wide() {
    let named = in_account("instance-profile/web-node");
    let other = profile("web-node").replace("role/app/web", "role/other");
    assert_eq!(role(&named, &[], &[listing(&other)]), Err(Unclear::Several), "it says another role itself");
    let second =
        listing(&profile("web-node")).replace("role/app/web", "role/other").replace("\"web\"", "\"other\"");
    assert_eq!(role(&named, &[], &[listing(&profile("web-node")), second]), Err(Unclear::Several));
    let foreign = profile("web-node").replace("111122223333:instance", "444455556666:instance");
    let elsewhere = named.replace("111122223333", "444455556666");
    let found = naming(&[passing_in("444455556666", &elsewhere)], &[], &[listing(&foreign)]);
    assert!(found.taken.is_empty(), "a role is in profiles of its own account");
    let twice = [profile("web-node"), profile("nodes/web-node")].join(",");
    assert_eq!(role(&named, &[], &[listing(&twice)]), Err(Unclear::Several));
}

#[test]
fn a_profile_that_was_changed_while_it_was_used_stays_wide() {
    let named = in_account("instance-profile/web-node");
    let listings = [listing(&profile("web-node"))];
    let after = |action: &str, at: &str| role(&named, &[change(action, "WEB-node", at)], &listings);
    let changed = Err(Unclear::Changed);
    for action in ["iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile"] {
        assert_eq!(after(action, "2026-10-01T08:00:00Z"), changed, "{action} with the first use");
        assert_eq!(after(action, "2026-11-10T08:00:00Z"), changed, "{action} after the last use");
        assert_eq!(after(action, "2026-09-30T08:00:00Z"), Ok(WEB.to_owned()), "{action} long before");
    }
    // A role that was taken out may be passed for up to an hour; one that is put in right before is the one.
    assert_eq!(after("iam:RemoveRoleFromInstanceProfile", "2026-10-01T07:30:00Z"), changed);
    assert_eq!(after("iam:AddRoleToInstanceProfile", "2026-10-01T07:30:00Z"), Ok(WEB.to_owned()));
    // What did not happen changed nothing, and neither did what happened to another one.
    let at = "2026-10-02T08:00:00Z";
    let mut failed = change("iam:AddRoleToInstanceProfile", "web-node", at);
    failed.outcome = Outcome::Failed;
    let others = [failed, change("iam:AddRoleToInstanceProfile", "web", at)];
    assert_eq!(role(&named, &others, &listings), Ok(WEB.to_owned()));
    let mut folded = change("iam:AddRoleToInstanceProfile", "web-node", at);
    folded.resource = Resource::Folded { pattern: in_account("instance-profile/*"), distinct: 1_001 };
    assert_eq!(role(&named, &[folded.clone()], &listings), changed, "which ones it was is not told");
    folded.resource = Resource::Unknown;
    assert_eq!(role(&named, &[folded], &listings), changed);
}

#[test]
fn what_is_younger_than_the_first_use_was_not_passed_then() {
    let named = in_account("instance-profile/web-node");
    let younger = profile("web-node").replace("2025-01-01T00:00:00+00:00", "2026-10-02T00:00:00+00:00");
    assert_eq!(role(&named, &[], &[listing(&younger)]), Err(Unclear::Younger(named.clone())));
    let role_younger = listing(&profile("web-node")).replace("2025-01-01T00:00:00Z", "2026-10-02T00:00:00Z");
    assert_eq!(role(&named, &[], &[role_younger]), Err(Unclear::Younger(WEB.to_owned())));
}

#[test]
fn a_date_that_cannot_be_read_says_nothing_of_before() {
    let named = in_account("instance-profile/web-node");
    for date in [r#""Mon, 05 Oct 2026 00:00:00 GMT""#, r#""/Date(1791158400000)/""#, r#"{"$date":1}"#] {
        let other = profile("web-node").replace(r#""2025-01-01T00:00:00+00:00""#, date);
        assert_eq!(role(&named, &[], &[listing(&other)]), Err(Unclear::Younger(named.clone())), "{date}");
    }
}

#[test]
fn calls_that_may_pass_a_role_nobody_knows_keep_passing_wide() {
    let listings = [listing(&profile("web-node"))];
    let mut by_template = passing("none");
    by_template.context = UsageContext::default().with("iam:PassedToService", "ec2.amazonaws.com");
    by_template.outcome = Outcome::Unknown;
    let rows = [passing(&in_account("instance-profile/web-node")), by_template];
    let with_template = naming(&rows, &[], &listings);
    assert!(with_template.taken.is_empty(), "{with_template:?}");
    assert_eq!(resources(&rows, &with_template, "iam:PassRole"), [in_account("role/*")]);
    assert!(with_template.notes()[0].text.contains("launch templates"));
    let throttled = UsageRow { outcome: Outcome::Unknown, ..rows[0].clone() };
    assert_eq!(naming(&[rows[0].clone(), throttled], &[], &listings).taken.len(), 1, "it tells the profile");
    let context = UsageContext::default().with("iam:PassedToService", "ecs-tasks.amazonaws.com");
    let to_tasks = UsageRow { context, ..rows[1].clone() };
    assert_eq!(
        naming(&[rows[0].clone(), to_tasks], &[], &listings).taken.len(),
        1,
        "no profile's is passed to them"
    );
    let elsewhere = Resource::Pattern("arn:aws:iam::444455556666:role/*".to_owned());
    let rows = [rows[0].clone(), UsageRow { resource: elsewhere, ..rows[1].clone() }];
    assert_eq!(
        naming(&rows, &[], &listings).taken.len(),
        1,
        "roles of another account are none of this one's"
    );
}

#[test]
fn where_others_records_were_left_out_nobody_knows_what_they_changed() {
    let named = in_account("instance-profile/web-node");
    let changes = Changes::default().without_others(1);
    let directory = directory(&[listing(&profile("web-node"))]);
    let naming = Naming::of(&[passing(&named)], None, &changes, directory.as_ref());
    assert_eq!((naming.taken.len(), naming.unclear.get(&named)), (0, Some(&Unclear::Unseen)));
    assert!(!Changes::default().without_others(0).are_unseen());
}

#[test]
fn who_was_given_another_path_since_is_granted_under_both_names() {
    let rows = [named("iam:GetUser", "user/Ana")];
    let both = |moved: &[UsageRow]| naming(&rows, moved, &[listing("")]).taken[0].both;
    let mut moved = named("iam:UpdateUser", "user/Ana");
    assert!(!both(&[]));
    assert!(both(&[moved.clone()]));
    moved.last = at("2026-09-30T08:00:00Z");
    assert!(!both(&[moved]), "that was before");
}

#[test]
fn names_are_written_with_the_path_that_the_snapshot_tells() {
    let rows =
        [named("iam:GetRole", "role/web"), named("iam:GetInstanceProfile", "instance-profile/web-node")];
    let naming = naming(&rows, &[], &[listing(&profile("nodes/web-node"))]);
    assert_eq!(resources(&rows, &naming, "iam:GetRole"), [WEB]);
    assert_eq!(
        resources(&rows, &naming, "iam:GetInstanceProfile"),
        [in_account("instance-profile/nodes/web-node")]
    );
    let notes = naming.notes();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].text.contains("`arn:aws:iam::111122223333:role/web` is"), "{}", notes[0].text);
}

#[test]
fn what_the_call_names_by_its_arn_is_no_guess() {
    let by_arn = row("iam:PassRole", Resource::Exact(in_account("role/web")));
    let path = named("iam:PassRole", "role/service-role/web");
    let rows = [by_arn, path];
    let naming = naming(&rows, &[], &[listing("")]);
    assert_eq!(naming, Naming { asked: true, ..Naming::default() });
    assert!(naming.notes().is_empty());
}

#[test]
fn a_name_without_a_path_is_confirmed_or_stays_a_guess() {
    let rows = [named("iam:GetGroup", "group/ops"), named("iam:GetRole", "role/gone")];
    let known = naming(&rows, &[], &[listing("")]);
    assert_eq!((&known.taken[..], &known.guessed[..]), (&[][..], &[in_account("role/gone")][..]));
    let unknown = Naming::of(&rows, None, &Changes::default(), None);
    assert_eq!(unknown.guessed.len(), 2);
    let notes = unknown.notes();
    assert!(notes.len() == 1 && notes[0].kind == NoteKind::WithoutPath, "{notes:?}");
    assert!(notes[0].text.contains("group/ops") && notes[0].text.contains("--granted"), "{}", notes[0].text);
    assert_eq!(resources(&rows, &unknown, "iam:GetRole"), [in_account("role/gone")]);
}

#[test]
fn a_call_that_failed_may_be_about_what_was_not_there() {
    let mut rows = [named("iam:GetRole", "role/web")];
    rows[0].outcome = Outcome::Failed;
    let naming = naming(&rows, &[], &[listing("")]);
    assert_eq!(resources(&rows, &naming, "iam:GetRole"), [WEB.to_owned(), in_account("role/web")]);
    let counts: Vec<u64> = apply(&rows, &naming.taken, None).iter().map(|row| row.count).collect();
    assert_eq!(counts, [2, 0], "no event counts twice");
    // Of what the snapshot does not know, a failure is no reason to wonder.
    rows[0].resource = Resource::Exact(in_account("role/gone"));
    assert!(self::naming(&rows, &[], &[listing("")]).notes().is_empty());
}

#[test]
fn what_was_not_granted_by_its_name_alone_was_judged_by_its_path() {
    let mut rows = [named("iam:GetRole", "role/web")];
    rows[0].outcome = Outcome::Failed;
    let taken = naming(&rows, &[], &[listing("")]).taken;
    let seen = |resource: &str| {
        let statement = Statement::allow(["iam:GetRole"], [in_account(resource)]);
        let granted = PolicySet::of_identity(vec![Named::new("g", Policy::new(vec![statement]))]);
        let rows = apply(&rows, &taken, Some(&granted)).into_owned();
        rows.into_iter().map(|row| row.resource.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen("role/app/*"), [WEB]);
    assert_eq!(seen("role/*"), [in_account("role/web"), WEB.to_owned()]);
    assert_eq!(seen("role/w*"), [in_account("role/web")]);
    assert_eq!(seen("user/*"), [in_account("role/web"), WEB.to_owned()]);
}

#[test]
fn a_role_that_was_not_granted_was_not_passed() {
    let rows = [passing(&in_account("instance-profile/web-node"))];
    let of = |resource: &str| {
        let statement = Statement::allow(["iam:PassRole"], [in_account(resource)]);
        let granted = PolicySet::of_identity(vec![Named::new("g", Policy::new(vec![statement]))]);
        let directory = directory(&[listing(&profile("web-node"))]);
        Naming::of(&rows, Some(&granted), &Changes::default(), directory.as_ref())
    };
    assert_eq!(of("role/app/*").taken.len(), 1);
    let other = of("role/other");
    assert!(other.taken.is_empty());
    assert_eq!(other.unclear.values().collect::<Vec<_>>(), [&Unclear::NotGranted(WEB.to_owned())]);
    assert!(other.notes()[0].text.contains("which it was not granted to pass"));
}

#[test]
fn a_profile_of_another_account_than_the_call_stays_wide() {
    let mut rows = [passing("arn:aws:iam::444455556666:instance-profile/web-node")];
    rows[0].outcome = Outcome::Failed;
    let both = [
        listing(&profile("web-node")),
        listing(&profile("web-node")).replace("111122223333", "444455556666"),
    ];
    let naming = naming(&rows, &[], &both);
    assert!(naming.taken.is_empty());
    assert_eq!(naming.unclear.values().collect::<Vec<_>>(), [&Unclear::Unlisted]);
    assert_eq!(resources(&rows, &naming, "iam:PassRole"), [in_account("role/*")]);
}

#[test]
fn a_name_in_another_case_or_of_an_earlier_life_is_kept_beside() {
    let rows = [named("iam:GetUser", "user/ana")];
    let other_case = naming(&rows, &[], &[listing("")]);
    let both = [in_account("user/ana"), in_account("user/staff/Ana")];
    assert_eq!(resources(&rows, &other_case, "iam:GetUser"), both);
    let rows = [named("iam:GetRole", "role/web")];
    let younger = listing("").replace("2025-01-01T00:00:00Z", "2026-10-02T00:00:00Z");
    let naming = naming(&rows, &[], &[younger]);
    assert_eq!(resources(&rows, &naming, "iam:GetRole"), [WEB.to_owned(), in_account("role/web")]);
}

#[test]
fn what_was_not_authorised_is_left_as_it_is() {
    let mut rows = [passing(&in_account("instance-profile/web-node")), named("iam:GetRole", "role/web")];
    for row in &mut rows {
        row.outcome = Outcome::Denied;
    }
    let listings = [listing(&profile("web-node"))];
    assert!(naming(&rows, &[], &listings).taken.is_empty());
    let taken = naming(&[passing(&in_account("instance-profile/web-node"))], &[], &listings).taken;
    assert_eq!(*apply(&rows, &taken, None), rows);
}

/// The creation of something at a path, or its end, by somebody else.
fn life(action: &str, resource: &str, first: &str, last: &str) -> UsageRow {
    let mut row = if action.contains("Delete") {
        named(action, resource)
    } else {
        row(action, Resource::Exact(in_account(resource)))
    };
    row.principal = format!("{ACCOUNT}:user/ops");
    (row.first, row.last) = (at(first), at(last));
    row
}

/// Where `role/app` is written as, used from the first to the twentieth of October.
fn written<const N: usize>(lives: [UsageRow; N]) -> Vec<String> {
    let rows = [named("iam:GetRole", "role/app")];
    resources(&rows, &naming(&rows, &lives, &[]), "iam:GetRole")
}

#[test]
fn names_are_written_with_the_path_that_the_logs_show_them_to_be_made_with() {
    let (before, between, behind) = ("2026-09-01", "2026-10-10", "2026-10-25");
    let (plain, pathed) = (in_account("role/app"), in_account("role/agents/app"));
    let create = |path: &str, when: &str| life("iam:CreateRole", &format!("role/{path}app"), when, when);
    let made = create("agents/", before);
    let both = [pathed.clone(), plain.clone()];
    let (pathed, plain) = ([pathed], [plain]);
    assert_eq!(written([]), plain, "a guess");
    assert_eq!(written([made.clone()]), pathed);
    assert_eq!(written([create("agents/", between)]), both, "it was used before");
    assert_eq!(written([made.clone(), create("", between)]), plain, "it had two paths");
    assert_eq!(written([UsageRow { outcome: Outcome::Failed, ..made.clone() }]), plain);
    assert_eq!(written([UsageRow { outcome: Outcome::Denied, ..made.clone() }]), plain);
    assert_eq!(written([life("iam:CreateRole", "role/agents/other", before, before)]), plain);
    assert_eq!(written([life("iam:CreateUser", "user/agents/app", before, before)]), plain);

    let delete = |from: &str, to: &str| life("iam:DeleteRole", "role/app", from, to);
    assert_eq!(written([made.clone(), delete(behind, behind)]), pathed);
    assert_eq!(written([made.clone(), delete("2026-08-01", "2026-08-01")]), pathed);
    assert_eq!(written([made.clone(), delete(between, between)]), both, "it was used afterwards");
    assert_eq!(written([made.clone(), delete("2026-08-01", between)]), both);
    let pattern = in_account("role/*");
    let many = UsageRow { resource: Resource::Folded { pattern, distinct: 1_001 }, ..made.clone() };
    assert_eq!(written([made, many]), both, "one of them may be called so");
}

#[test]
fn what_others_did_with_a_name_may_not_show() {
    let rows = [named("iam:GetRole", "role/app")];
    let made = life("iam:CreateRole", "role/agents/app", "2026-09-01", "2026-09-01");
    let of = |left_out: u64| {
        let naming = Naming::of(&rows, None, &Changes::of([&made]).without_others(left_out), None);
        (naming.taken[0].by, naming.taken[0].both)
    };
    assert_eq!([of(0), of(1)], [(By::Creation, false), (By::Creation, true)]);
}

#[test]
fn that_there_is_no_path_is_no_guess_where_it_was_made_without() {
    let rows = [named("iam:GetRole", "role/app")];
    let made = |when: &str| naming(&rows, &[life("iam:CreateRole", "role/app", when, when)], &[]);
    assert!(made("2026-09-01").notes().is_empty());
    assert_eq!(made("2026-10-10").guessed, [in_account("role/app")]);
}

#[test]
fn what_failed_before_it_was_made_says_nothing_of_another() {
    let mut failed = named("iam:GetRole", "role/app");
    (failed.outcome, failed.last) = (Outcome::Failed, failed.first);
    let mut tagged = named("iam:TagRole", "role/app");
    tagged.first = at("2026-10-02");
    let rows = [failed, tagged];
    let naming = naming(&rows, &[life("iam:CreateRole", "role/agents/app", "2026-10-02", "2026-10-02")], &[]);
    assert_eq!(resources(&rows, &naming, "iam:TagRole"), [in_account("role/agents/app")]);
    let both = [in_account("role/app"), in_account("role/agents/app")];
    assert_eq!(resources(&rows, &naming, "iam:GetRole"), both);
    let note = &naming.notes()[0].text;
    assert!(note.contains("as the logs show it to be made") && note.contains("granted under both"), "{note}");
}

#[test]
fn a_snapshot_that_lists_the_name_is_asked_before_the_logs() {
    let rows = [named("iam:GetRole", "role/web")];
    let made = life("iam:CreateRole", "role/old/web", "2026-09-01", "2026-09-01");
    let naming = naming(&rows, std::slice::from_ref(&made), &[listing("")]);
    assert_eq!((naming.taken[0].by, &*naming.taken[0].is), (By::Path, WEB));
    let unlisted = listing("").replace("web", "other");
    let naming = self::naming(&rows, &[made], &[unlisted]);
    assert_eq!((naming.taken[0].by, &*naming.taken[0].is), (By::Creation, &*in_account("role/old/web")));
}

#[test]
fn who_was_moved_has_not_the_path_that_it_was_made_with() {
    let rows = [named("iam:GetUser", "user/ana")];
    let made = life("iam:CreateUser", "user/staff/ana", "2026-09-01", "2026-09-01");
    let mut moved = named("iam:UpdateUser", "user/ana");
    let naming = naming(&rows, &[made.clone(), moved.clone()], &[]);
    assert_eq!((naming.taken.len(), &naming.guessed[..]), (0, &[in_account("user/ana")][..]));
    (moved.first, moved.last) = (at("2026-08-01"), at("2026-08-01"));
    assert_eq!(self::naming(&rows, &[made, moved], &[]).taken.len(), 1, "that was before");
}
