//! Who gets in from outside of IAM: whoever an identity provider gives a token or an assertion, and pods of EKS clusters.
//!
//! Each subject that some trust policy names is a source: `repo:example/shop:*` is whoever has such a token. A subject
//! gets into every role whose trust policy takes all of it, so it is asked about with a made-up name in place of each
//! wildcard. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html>,
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html>

use std::collections::BTreeMap;

use leastwise_policy::aws::evaluate::Context;
use leastwise_policy::aws::{Comparison, Effect, PrincipalBlock, PrincipalKind, PrincipalSet, Statement};
use leastwise_policy::glob;

use super::model::{Form, Model, NOBODY};
use super::search::Search;
use super::{Certainty, From, SERVICE_ACCOUNT};
use crate::granted::GrantedPrincipal;
use crate::oidc;

/// The principal of EKS Pod Identity.
const PODS: &str = "pods.eks.amazonaws.com";

/// The provider that also gives tokens to whoever asks, for pools that let guests in, and the claim that says so:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html>. The id of a pool is no
/// secret.
const GUESTS: (&str, &str, &str) =
    ("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:amr", "unauthenticated");

/// Somebody who is no principal of any account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stranger {
    /// What it is called.
    pub(super) name: String,
    /// The row by which it gets in.
    row: &'static str,
    /// The provider: the host and path of the issuer, or the ARN; [`PODS`].
    provider: String,
    /// The condition key that says whose the token is, with what trust policies say of it.
    pub(super) claim: Option<(String, String)>,
    /// Whether anybody in the world can be it.
    pub(super) anybody: bool,
    /// Whether it is a guest.
    guest: bool,
    /// Whether it was listed as something that runs.
    pub(super) listed: bool,
    /// Of a pod: the role that it has.
    role: Option<String>,
}

/// Strangers that get in by a provider, by the subject that each is asked about with.
pub(super) type Strangers = BTreeMap<(String, String), Vec<usize>>;

/// A provider that a trust policy names, with the subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Federated {
    provider: String,
    saml: bool,
    /// What the claim is compared with; `*` when it is not.
    subjects: Vec<String>,
    /// Whether guests are let in.
    guests: bool,
}

/// The providers that the `Allow` statements of a trust policy name.
pub(super) fn federated(role: &GrantedPrincipal) -> Vec<Federated> {
    let statements = role.trust.iter().flat_map(|policy| &policy.statements);
    let mut all = Vec::new();
    for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
        let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
            continue;
        };
        let texts = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Federated);
        for text in texts.flat_map(|(_, texts)| texts) {
            let saml = text.contains(":saml-provider/");
            let provider = match text.split_once(":oidc-provider/") {
                Some((_, provider)) => provider.to_owned(),
                None => text.clone(),
            };
            let subjects = if saml { vec!["*".to_owned()] } else { subjects(statement, &provider) };
            let guests = provider == GUESTS.0 && lets_guests_in(statement);
            all.push(Federated { provider, saml, subjects, guests });
        }
    }
    all
}

fn lets_guests_in(statement: &Statement) -> bool {
    let of = statement.condition.iter().filter(|one| one.key.eq_ignore_ascii_case(GUESTS.1));
    of.flat_map(|condition| &condition.values).any(|value| glob::matches(value, GUESTS.2))
}

/// What a statement compares the claim with that says whose the token is.
fn subjects(statement: &Statement, provider: &str) -> Vec<String> {
    let mut subjects: Vec<String> = Vec::new();
    let Some(key) = key(provider) else { return vec!["*".to_owned()] };
    for condition in statement.condition.iter().filter(|one| one.key.eq_ignore_ascii_case(&key)) {
        let like = condition.operator.base == Comparison::StringLike;
        let equals =
            matches!(condition.operator.base, Comparison::StringEquals | Comparison::StringEqualsIgnoreCase);
        // No token has a wildcard in its subject.
        let sound = |value: &&String| like || equals && !value.contains(['*', '?']);
        subjects.extend(condition.values.iter().filter(sound).filter(|value| !value.contains("${")).cloned());
        if (like || equals) && subjects.is_empty() {
            return subjects;
        }
    }
    if subjects.is_empty() {
        subjects.push("*".to_owned());
    }
    subjects
}

fn key(provider: &str) -> Option<String> {
    let claim = oidc::provider(provider)?.claim;
    Some(if claim.contains(':') { claim.to_owned() } else { format!("{provider}:{claim}") })
}

/// A subject that the pattern fits, and nothing else that is known.
fn instance(pattern: &str) -> String {
    pattern.replace('*', NOBODY).replace('?', "0")
}

impl Stranger {
    fn of_token(provider: &str, subject: &str) -> Stranger {
        let name = match subject {
            "*" => format!("oidc:{provider}"),
            subject => format!("oidc:{provider}#{subject}"),
        };
        let anybody = oidc::provider(provider).is_some_and(|known| known.is_open_to_anybody(subject));
        let claim = key(provider).map(|key| (key, subject.to_owned()));
        Stranger { anybody, claim, name, ..Stranger::new("sts-web-identity", provider) }
    }

    fn of_guest(provider: &str, subject: &str) -> Stranger {
        let stranger = Stranger::of_token(provider, subject);
        Stranger { name: format!("{} (guests)", stranger.name), anybody: true, guest: true, ..stranger }
    }

    fn of_assertion(provider: &str) -> Stranger {
        Stranger { name: format!("saml:{provider}"), ..Stranger::new("sts-saml", provider) }
    }

    fn new(row: &'static str, provider: &str) -> Stranger {
        Stranger {
            name: String::new(),
            row,
            provider: provider.to_owned(),
            claim: None,
            anybody: false,
            guest: false,
            listed: false,
            role: None,
        }
    }

    /// Whether a condition key is about what the provider says of it.
    pub(super) fn says(&self, key: &str) -> bool {
        let (host, claim) = key.split_at(key.rfind(':').unwrap_or_default());
        !claim.is_empty() && host.eq_ignore_ascii_case(&self.provider)
    }

    /// Who asks, as the trust policy of a role names it: each account has providers of its own.
    pub(super) fn principal(&self, role: &str) -> String {
        let mut parts = role.split(':');
        let (partition, account) = (parts.nth(1).unwrap_or("aws"), parts.nth(2).unwrap_or_default());
        let is_arn = self.provider.starts_with("arn:");
        // Those that AWS knows by themselves have no ARN.
        let built_in = matches!(
            self.provider.as_str(),
            "cognito-identity.amazonaws.com"
                | "www.amazon.com"
                | "graph.facebook.com"
                | "accounts.google.com"
        );
        if is_arn || built_in || self.row == "eks-pod-identity" {
            return self.provider.clone();
        }
        format!("arn:{partition}:iam::{account}:oidc-provider/{}", self.provider)
    }

    /// Adds what is known of its calls.
    pub(super) fn tell(&self, context: &mut Context) {
        if let Some((key, subject)) = &self.claim {
            context.insert(key, instance(subject));
        }
        if self.guest {
            context.insert(GUESTS.1, GUESTS.2);
        }
        context.absent("aws:PrincipalOrgID").absent("aws:PrincipalOrgPaths");
        if let Some(role) = &self.role {
            context.insert("aws:PrincipalIsAWSService", "true").insert("aws:PrincipalServiceName", PODS);
            context.insert("aws:SourceAccount", role.split(':').nth(4).unwrap_or_default());
        }
    }
}

impl Search<'_> {
    /// Finds everybody whom trust policies let in by a provider or as a pod.
    pub(super) fn meet(&mut self, from: Option<&From>) {
        for role in 0..self.model.principals.len() {
            for named in federated(self.model.principals[role]) {
                if named.saml {
                    self.add_stranger(Stranger::of_assertion(&named.provider));
                } else {
                    for subject in &named.subjects {
                        self.add_stranger(Stranger::of_token(&named.provider, subject));
                        if named.guests {
                            self.add_stranger(Stranger::of_guest(&named.provider, subject));
                        }
                    }
                }
                self.providers.entry(role).or_default().push(named);
            }
        }
        if let Some(From::Token { provider, subject }) = from {
            self.add_stranger(Stranger::of_token(provider, subject));
        }
        self.service_accounts();
        self.pods();
    }

    /// Service accounts that were listed with their roles.
    fn service_accounts(&mut self) {
        for listed in self.model.world.workloads.iter().filter(|one| one.service == SERVICE_ACCOUNT) {
            let role =
                self.model.principals.binary_search_by(|known| known.arn.as_str().cmp(&listed.role)).ok();
            let named = role.and_then(|role| self.providers.get(&role)).cloned().unwrap_or_default();
            for named in named.iter().filter(|named| !named.saml) {
                let stranger = Stranger::of_token(&named.provider, &listed.arn);
                self.add_stranger(Stranger { name: listed.arn.clone(), listed: true, ..stranger });
            }
        }
    }

    /// Pods that have roles by EKS Pod Identity.
    fn pods(&mut self) {
        let world = self.model.world;
        let none = !world.workloads.iter().any(|one| one.service == PODS);
        let of = |name: String, role: &str, listed: bool| Stranger {
            name,
            listed,
            role: Some(role.to_owned()),
            ..Stranger::new("eks-pod-identity", PODS)
        };
        for listed in world.workloads.iter().filter(|one| one.service == PODS) {
            self.add_stranger(of(listed.arn.clone(), &listed.role, true));
        }
        for role in 0..self.model.principals.len() {
            if none && self.named[role].names_service(PODS) {
                let arn = self.model.principals[role].arn.clone();
                self.add_stranger(of(format!("pod:{arn}"), &arn, false));
            }
        }
    }

    fn add_stranger(&mut self, stranger: Stranger) {
        let subject = match (&stranger.role, &stranger.claim) {
            (Some(role), _) => role.clone(),
            (None, Some((_, subject))) => instance(subject),
            (None, None) => String::new(),
        };
        let key = (stranger.provider.clone(), subject);
        let known = self.strangers.get(&key).into_iter().flatten();
        if known
            .into_iter()
            .any(|node| self.model.stranger(*node).is_some_and(|one| one.name == stranger.name))
        {
            return;
        }
        let arn = stranger.name.clone();
        self.model.strangers.push(stranger);
        let number = self.model.strangers.len() - 1;
        let node = self.model.add(None, Form::Stranger(number), arn, true);
        self.strangers.entry(key).or_default().push(node);
    }

    /// Strangers that the trust policy of a role might let in, as they are kept.
    fn let_in(&self, role: usize) -> Vec<(String, String)> {
        let mut keys = Vec::new();
        for named in self.providers.get(&role).into_iter().flatten() {
            for subject in &named.subjects {
                let subject = if named.saml { "" } else { subject };
                let open = subject.find(['*', '?']);
                let fixed = &subject[..open.unwrap_or(subject.len())];
                let from = (named.provider.clone(), fixed.to_owned());
                let near = self.strangers.range(from..).map(|(key, _)| key).take_while(|(provider, of)| {
                    *provider == named.provider && of.starts_with(fixed) && (open.is_some() || of == subject)
                });
                keys.extend(near.filter(|(_, of)| open.is_none() || glob::matches(subject, of)).cloned());
            }
        }
        let pod = (PODS.to_owned(), self.model.principals[role].arn.clone());
        keys.extend(self.strangers.contains_key(&pod).then_some(pod));
        keys
    }

    /// Looks who gets into the role from outside.
    pub(super) fn enter_it(&mut self, role: usize) {
        let keys = self.let_in(role);
        let mut found: Vec<usize> =
            keys.iter().filter_map(|key| self.strangers.get(key)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        for from in found {
            if !self.could_improve(from, role, Certainty::Sure) {
                continue;
            }
            let Some(stranger) = self.model.stranger(from) else { continue };
            let assumed = match (stranger.guest, stranger.role.is_some() && !stranger.listed) {
                (true, _) => Some("the identity pool lets guests in"),
                (false, true) => Some("an association of EKS Pod Identity gives the role to a pod"),
                (false, false) => None,
            };
            let Some(row) = self.model.table.number(stranger.row) else { continue };
            if let Some(mut attempt) = self.model.attempt(&self.kept, from, row, Some(role), None) {
                if let Some(assumed) = assumed {
                    attempt.answer.certainty = attempt.answer.certainty.max(Certainty::Assumed);
                    attempt.assumes.push(assumed.to_owned());
                }
                self.relax(from, role, vec![attempt]);
            }
        }
        // Later roles are no better, so who has got in is asked no more.
        let at = self.best[role].map_or(Certainty::Sure, |key| key.certainty);
        for key in keys {
            let got_in =
                |node: &usize| self.best.get(*node).copied().flatten().is_some_and(|key| key.certainty <= at);
            if self.strangers.get(&key).is_some_and(|nodes| nodes.iter().all(got_in)) {
                self.strangers.remove(&key);
            }
        }
    }
}

impl Model<'_> {
    /// Who the node is, when it is a stranger.
    pub(super) fn stranger(&self, node: usize) -> Option<&Stranger> {
        match self.nodes[node].form {
            Form::Stranger(number) => self.strangers.get(number),
            _ => None,
        }
    }
}
