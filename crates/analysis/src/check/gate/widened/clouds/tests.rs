//! What is new in Kubernetes, Google Cloud and Azure.

use leastwise_catalog::Catalog;

use crate::check::gate::widened;
use crate::check::{Facts, SourceFile, read};

/// Place and message of what is new.
fn new(old: &[(&str, &str)], now: &[(&str, &str)]) -> Vec<String> {
    let state = |files: &[(&str, &str)]| {
        let files: Vec<SourceFile> =
            files.iter().map(|(name, text)| SourceFile::named(*name, *text)).collect();
        let estate = read(&files);
        assert!(estate.unreadable.iter().all(|told| told.code == "UNRESOLVED"), "{:?}", estate.unreadable);
        estate
    };
    let facts = Facts::new(Catalog::embedded());
    let found = widened(&state(old), &state(now), &facts).findings;
    found.iter().map(|one| format!("{}:{} {}", one.file, one.at.line, one.message)).collect()
}

fn none(old: &[(&str, &str)], now: &[(&str, &str)]) {
    assert_eq!(new(old, now), [""; 0]);
}

#[track_caller]
fn one(found: &[String], begins: &str, says: &str) {
    let [only] = found else { panic!("{found:?}") };
    assert!(only.starts_with(begins) && only.contains(says), "{only}");
}

const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: app}
rules:
- apiGroups: ['']
  resources: [pods, configmaps]
  verbs: [get, list]
";
const BINDING: &str = "---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: app}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: agent, namespace: app}
";

#[test]
fn a_role_that_allows_more_is_told_at_its_rule() {
    let both = format!("{ROLE}{BINDING}");
    none(&[("a.yaml", &both)], &[("a.yaml", &both)]);
    none(
        &[("a.yaml", &both)],
        &[("b/c.yaml", &both.replace("configmaps, ", "").replace("[pods, configmaps]", "[pods]"))],
    );
    let secrets = both.replace("configmaps", "secrets");
    one(
        &new(&[("a.yaml", &both)], &[("a.yaml", &secrets)]),
        "a.yaml:5 ",
        "allows `get` on `secrets` in the namespace `app`",
    );
    let verbs = both.replace("[get, list]", "['*']");
    one(&new(&[("a.yaml", &both)], &[("a.yaml", &verbs)]), "a.yaml:5 ", "`create` on `pods`");
    // What is only written otherwise is the same.
    let split = both.replace(
        "  verbs: [get, list]\n",
        "  verbs: [list]\n- apiGroups: ['']\n  resources: [configmaps, pods]\n  verbs: [get]\n",
    );
    none(&[("a.yaml", &both)], &[("a.yaml", &split)]);
    let named = both.replace("  verbs: [get, list]", "  resourceNames: [a]\n  verbs: [get, list]");
    none(&[("a.yaml", &both)], &[("a.yaml", &named)]);
    one(&new(&[("a.yaml", &named)], &[("a.yaml", &both)]), "a.yaml:5 ", "allows `get` on `configmaps` in");
}

#[test]
fn who_is_bound_anew_is_told_with_what_that_allows() {
    let both = format!("{ROLE}{BINDING}");
    let group = both.replace("- {kind: ServiceAccount, name: agent, namespace: app}\n", "- {kind: ServiceAccount, name: agent, namespace: app}\n- {kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}\n");
    one(
        &new(&[("a.yaml", &both)], &[("a.yaml", &group)]),
        "a.yaml:15 ",
        "lets Group `ops` `get` on `configmaps` in the namespace `app`",
    );
    // Everybody had it.
    let all = both.replace(
        "kind: ServiceAccount, name: agent, namespace: app",
        "kind: Group, name: 'system:serviceaccounts:app'",
    );
    none(&[("a.yaml", &all)], &[("a.yaml", &both)]);
    // The same role under another name is not new for those who had it.
    let renamed = both.replace("name: reader", "name: viewer");
    none(&[("a.yaml", &both)], &[("a.yaml", &renamed)]);
    let wide = both
        .replace("kind: RoleBinding", "kind: ClusterRoleBinding")
        .replace("kind: Role, name", "kind: ClusterRole, name")
        .replace("kind: Role\n", "kind: ClusterRole\n");
    one(&new(&[("a.yaml", &both)], &[("a.yaml", &wide)]), "a.yaml:14 ", "in the whole cluster");
    let admin = both.replace("kind: Role, name: reader", "kind: ClusterRole, name: cluster-admin");
    let found = new(&[("a.yaml", &both)], &[("a.yaml", &admin)]);
    one(&found, "a.yaml:14 ", "lets ServiceAccount `app/agent`");
    let edit = both.replace("kind: Role, name: reader", "kind: ClusterRole, name: edit");
    one(
        &new(&[("a.yaml", &both)], &[("a.yaml", &edit)]),
        "a.yaml:14 ",
        "`edit`, whose rules are not among these files",
    );
    none(&[("a.yaml", &edit)], &[("a.yaml", &edit)]);
}

#[test]
fn wildcards_are_compared_by_what_they_reach() {
    let rule = |groups: &str, resources: &str, verbs: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n- apiGroups: [{groups}]\n  resources: [{resources}]\n  verbs: [{verbs}]\n"
        )
    };
    let all = rule("'*'", "'*'", "'*'");
    for narrow in [
        rule("apps", "deployments/scale", "patch"),
        rule("'*'", "'*/status'", "get"),
        rule("x.io", "'*'", "'*'"),
    ] {
        none(&[("a.yaml", &all)], &[("a.yaml", &narrow)]);
        assert_eq!(new(&[("a.yaml", &narrow)], &[("a.yaml", &all)]).len(), 1);
    }
    let status = rule("apps", "'*/status'", "get");
    none(&[("a.yaml", &status)], &[("a.yaml", &rule("apps", "deployments/status", "get"))]);
    assert_eq!(new(&[("a.yaml", &status)], &[("a.yaml", &rule("apps", "deployments", "get"))]).len(), 1);
    // A custom resource that nobody has named.
    let known = rule("'*'", "pods, secrets", "'*'");
    assert_eq!(new(&[("a.yaml", &known)], &[("a.yaml", &rule("'*'", "'*'", "list"))]).len(), 1);
    let urls = |urls: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n- nonResourceURLs: [{urls}]\n  verbs: [get]\n"
        )
    };
    none(&[("a.yaml", &urls("/healthz/*"))], &[("a.yaml", &urls("/healthz/ready"))]);
    one(
        &new(&[("a.yaml", &urls("/healthz"))], &[("a.yaml", &urls("/healthz*"))]),
        "a.yaml:5 ",
        "`get` on `/healthzany`",
    );
}

#[test]
fn a_name_that_stands_twice_is_of_several_clusters() {
    let (dev, prod) = (("dev/r.yaml", ROLE), ("prod/r.yaml", ROLE));
    let secrets = ROLE.replace("pods", "secrets");
    let wide_dev = ("dev/r.yaml", secrets.as_str());
    // What is allowed in one cluster is not therefore allowed in the other.
    one(&new(&[wide_dev, prod], &[wide_dev, ("prod/r.yaml", &secrets)]), "prod/r.yaml:5 ", "`secrets`");
    none(&[dev, prod], &[dev, prod]);
}

#[test]
fn pods_that_may_act_as_a_role_of_aws_are_told() {
    let account = |arn: &str| {
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/{arn}\n"
        )
    };
    none(&[("a.yaml", &account("a"))], &[("b.yaml", &account("a"))]);
    one(
        &new(&[("a.yaml", &account("a"))], &[("a.yaml", &account("b"))]),
        "a.yaml:6 ",
        "act as `arn:aws:iam::111122223333:role/b`",
    );
}

const GCP: &str = "bindings:
- role: roles/storage.objectViewer
  members: [group:a@example.com]
";

#[test]
fn members_and_permissions_of_google_cloud_are_compared() {
    none(&[("p.yaml", GCP)], &[("p.yaml", GCP)]);
    none(&[("p.yaml", GCP)], &[("q.yaml", GCP)]);
    none(&[("p.yaml", &GCP.replace("group:a@example.com", "allUsers"))], &[("p.yaml", GCP)]);
    none(&[("p.yaml", &GCP.replace("objectViewer", "objectAdmin"))], &[("p.yaml", GCP)]);
    let user = GCP.replace("[group:a@example.com]", "[group:a@example.com, user:b@example.com]");
    one(&new(&[("p.yaml", GCP)], &[("p.yaml", &user)]), "p.yaml:3 ", "lets `user:b@example.com` do `");
    let admin = GCP.replace("objectViewer", "objectAdmin");
    one(&new(&[("p.yaml", GCP)], &[("p.yaml", &admin)]), "p.yaml:3 ", "`storage.objects.setIamPolicy`");
    let condition =
        format!("{GCP}  condition: {{expression: request.time < timestamp('2027-01-01T00:00:00Z')}}\n");
    none(&[("p.yaml", GCP)], &[("p.yaml", &condition)]);
    assert_eq!(new(&[("p.yaml", &condition)], &[("p.yaml", GCP)]).len(), 1);
    let own = GCP.replace("roles/storage.objectViewer", "projects/p/roles/mine");
    one(&new(&[("p.yaml", GCP)], &[("p.yaml", &own)]), "p.yaml:3 ", "what that allows is not known here");
    let role = |permissions: &str| {
        format!("name: projects/p/roles/mine\nstage: GA\nincludedPermissions: [{permissions}]\n")
    };
    let (before, after) = (role("storage.objects.get"), role("storage.objects.get, storage.objects.delete"));
    let found = new(&[("p.yaml", &own), ("r.yaml", &before)], &[("p.yaml", &own), ("r.yaml", &after)]);
    one(&found, "r.yaml:3 ", "allows `storage.objects.delete`, which it did not before");
    none(&[("p.yaml", GCP), ("r.yaml", &before)], &[("p.yaml", GCP), ("r.yaml", &before)]);
    one(
        &new(&[("p.yaml", GCP)], &[("p.yaml", GCP), ("r.yaml", &before)]),
        "r.yaml:3 ",
        "is new, and allows `storage.objects.get`",
    );
}

#[test]
fn grants_of_terraform_are_compared_by_what_they_are_on() {
    let grant = |role: &str, bucket: &str| {
        format!(
            "resource \"google_storage_bucket_iam_member\" \"m\" {{\n  bucket = \"{bucket}\"\n  role   = {role}\n  member = \"user:a@example.com\"\n}}\nresource \"google_project_iam_custom_role\" \"mine\" {{\n  role_id     = \"mine\"\n  title       = \"Mine\"\n  permissions = [\"storage.objects.get\"]\n}}\n"
        )
    };
    let own = "google_project_iam_custom_role.mine.id";
    none(&[("a.tf", &grant(own, "b"))], &[("a.tf", &grant(own, "b"))]);
    none(&[("a.tf", &grant("\"roles/storage.objectViewer\"", "b"))], &[("a.tf", &grant(own, "b"))]);
    one(
        &new(&[("a.tf", &grant(own, "b"))], &[("a.tf", &grant(own, "c"))]),
        "a.tf:4 ",
        "lets `user:a@example.com` do `storage.objects.get` on the storage bucket `bucket=c`",
    );
    one(
        &new(&[("a.tf", &grant(own, "b"))], &[("a.tf", &grant("var.role", "b"))]),
        "a.tf:4 ",
        "`${var.role}`",
    );
    none(&[("a.tf", &grant("var.role", "b"))], &[("a.tf", &grant("var.role", "b"))]);
}

#[test]
fn operations_and_scopes_of_azure_are_compared() {
    let role = |actions: &str, without: &str| {
        format!(
            r#"{{"Name": "Mine", "Actions": [{actions}],
 "NotActions": [{without}], "AssignableScopes": ["/subscriptions/s"]}}"#
        )
    };
    let read = role("\"Microsoft.Storage/*/read\"", "");
    none(&[("r.json", &read)], &[("r.json", &role("\"Microsoft.Storage/storageAccounts/read\"", ""))]);
    none(&[("r.json", &read)], &[("r.json", &role("\"microsoft.storage/*/READ\"", ""))]);
    one(
        &new(&[("r.json", &read)], &[("r.json", &role("\"Microsoft.Storage/*\"", ""))]),
        "r.json:1 ",
        "which it did not before",
    );
    let less = role("\"Microsoft.Storage/*\"", "\"Microsoft.Storage/*/delete\"");
    one(
        &new(&[("r.json", &less)], &[("r.json", &role("\"Microsoft.Storage/*\"", ""))]),
        "r.json:1 ",
        "/delete` and",
    );
    let assigned = |role: &str, scope: &str| {
        format!(
            r#"[{{"principalId": "11111111-1111-1111-1111-111111111111",
  "roleDefinitionName": "{role}",
  "scope": "{scope}"}}]"#
        )
    };
    let reader = assigned("Reader", "/subscriptions/s/resourceGroups/g");
    none(&[("a.json", &assigned("Reader", "/subscriptions/S"))], &[("a.json", &reader)]);
    one(
        &new(&[("a.json", &reader)], &[("a.json", &assigned("Reader", "/subscriptions/s"))]),
        "a.json:2 ",
        "on `/subscriptions/s`, which was not allowed before",
    );
    let owner = assigned("Owner", "/subscriptions/s/resourceGroups/g");
    one(
        &new(&[("a.json", &reader)], &[("a.json", &owner)]),
        "a.json:2 ",
        "`Microsoft.Authorization/roleAssignments/write`",
    );
    none(&[("a.json", &owner)], &[("a.json", &reader)]);
    one(
        &new(&[("a.json", &reader)], &[("a.json", &assigned("Nobody's", "/subscriptions/s"))]),
        "a.json:2 ",
        "is not known here",
    );
    // A role of the files that is new and assigned is told with whom it is assigned to.
    let mine = assigned("Mine", "/subscriptions/s");
    one(&new(&[], &[("r.json", &read), ("a.json", &mine)]), "a.json:2 ", "lets `11111111-");
    none(&[("r.json", &read), ("a.json", &mine)], &[("x/r.json", &read), ("x/a.json", &mine)]);
}

/// What rules of roles allow, tried request by request.
#[test]
fn what_rules_allow_beyond_others_is_what_trying_every_request_says() {
    const GROUPS: [&str; 4] = ["", "apps", "x.io", "*"];
    const RESOURCES: [&str; 7] = ["pods", "pods/log", "deployments", "things", "*/scale", "*/log", "*"];
    const VERBS: [&str; 5] = ["get", "list", "use", "patch", "*"];
    type Rule = (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>);
    let mut random = 11_u64;
    let mut some = |from: &[&'static str]| -> Vec<&'static str> {
        let mut next = |most: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) as usize % most
        };
        (0..1 + next(2)).map(|_| from[next(from.len())]).collect()
    };
    let allows = |rules: &[Rule], group: &str, resource: &str, verb: &str| {
        let below = resource.split_once('/').map(|(_, below)| format!("*/{below}"));
        rules.iter().any(|(groups, resources, verbs)| {
            groups.iter().any(|one| *one == "*" || *one == group)
                && resources
                    .iter()
                    .any(|one| *one == "*" || *one == resource || Some(*one) == below.as_deref())
                && verbs.iter().any(|one| *one == "*" || *one == verb)
        })
    };
    let text = |rules: &[Rule]| {
        let rules = rules.iter().map(|(groups, resources, verbs)| {
            format!("- {{apiGroups: {groups:?}, resources: {resources:?}, verbs: {verbs:?}}}\n")
        });
        let head =
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n";
        format!("{head}{}", rules.collect::<String>())
    };
    let mut all: Vec<(&str, &str, &str)> = Vec::new();
    for group in ["", "apps", "x.io", "nobody.io"] {
        for resource in
            ["pods", "pods/log", "pods/scale", "deployments", "things", "x", "x/scale", "x/log", "x/y"]
        {
            all.extend(["get", "list", "use", "patch", "nobodys"].map(|verb| (group, resource, verb)));
        }
    }
    let (mut more, mut same) = (0, 0);
    for round in 0..300 {
        let mut rules = |count: usize| -> Vec<Rule> {
            (0..count).map(|_| (some(&GROUPS), some(&RESOURCES), some(&VERBS))).collect()
        };
        let (before, now) = (rules(1 + round % 4), rules(1));
        let gained = all.iter().any(|(group, resource, verb)| {
            allows(&now, group, resource, verb) && !allows(&before, group, resource, verb)
        });
        let told = new(&[("r.yaml", &text(&before))], &[("r.yaml", &text(&now))]);
        assert_eq!(!told.is_empty(), gained, "{told:?}\n{}{}", text(&before), text(&now));
        *(if gained { &mut more } else { &mut same }) += 1;
    }
    assert!(more > 50 && same > 20, "{more} {same}");
}

#[test]
fn what_is_not_named_in_full_is_the_same_in_a_folder_that_was_moved() {
    let text = "resource \"google_project_iam_member\" \"m\" {\n  project = var.project\n  role = \"roles/owner\"\n  \
                member = \"user:a@example.com\"\n}\nresource \"azurerm_role_assignment\" \"z\" {\n  \
                scope = var.scope\n  role_definition_name = \"Owner\"\n  principal_id = \"p\"\n}\n";
    none(&[("a/main.tf", text)], &[("b/main.tf", text)]);
    none(&[("a/main.tf", text)], &[("a/moved.tf", text)]);
    // Beside what it was it is a second one.
    assert_eq!(new(&[("a/main.tf", text)], &[("a/main.tf", text), ("b/main.tf", text)]).len(), 2);
    let changed = text.replace("a@example.com", "b@example.com");
    one(&new(&[("a/main.tf", text)], &[("b/main.tf", &changed)]), "b/main.tf:4 ", "user:b@example.com");
}

#[test]
fn a_cluster_whose_folder_was_moved_is_the_same() {
    let both = format!("{ROLE}{BINDING}");
    let other = both.replace("pods, ", "");
    let old = [("one/a.yaml", both.as_str()), ("two/a.yaml", other.as_str())];
    none(&old, &[("one/a.yaml", &both), ("three/a.yaml", &other)]);
    let more = other.replace("configmaps", "secrets");
    assert!(!new(&old, &[("one/a.yaml", &both), ("three/a.yaml", &more)]).is_empty());
}
