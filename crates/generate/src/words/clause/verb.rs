//! What a verb does to the clause that is being read: it begins one, adds to it, or turns it round.

use super::{Act, Reader, Thing, What, carries, fronted, is_empty, is_named};
use crate::words::chunk::ChunkKind;
use crate::words::closed::Func;
use crate::words::forms::Form;
use crate::words::noun::Np;

impl Reader<'_> {
    pub(super) fn verb(&mut self, at: usize, act: Act, form: Form, nominal: bool) {
        let joined =
            matches!(self.before(at), Some(ChunkKind::Comma | ChunkKind::Func(Func::And | Func::Only)));
        let to = matches!(self.before(at), Some(ChunkKind::Prep(prep)) if prep == "to");
        let and_to =
            to && matches!(at.checked_sub(2).and_then(|at| self.kind(at)), Some(ChunkKind::Func(Func::And)));
        let own = self.has_own(at);
        let by = matches!(self.before(at), Some(ChunkKind::Prep(prep)) if prep == "by") && form == Form::Ing;
        let bare = matches!(self.before(at), Some(ChunkKind::Prep(prep)) if prep == "for")
            && form == Form::Ing
            && matches!(
                self.kind(at + 1),
                None | Some(ChunkKind::Comma | ChunkKind::Stop | ChunkKind::Func(Func::And))
            );
        let after_np = matches!(self.before(at), Some(ChunkKind::Np(_)));
        self.prep = None;
        let caused = matches!(&act.what, What::Verb { lemma, .. } if lemma.ends_with(" by"));
        if form == Form::Past
            && !caused
            && matches!(self.before(at), Some(ChunkKind::Agent(_) | ChunkKind::Holder(_)))
        {
            self.participle = true;
            self.text.left_out.push(act.span);
            return;
        }
        if std::mem::take(&mut self.passive) {
            self.passive_verb(act);
            return;
        }
        if bare
            && self
                .clause
                .as_ref()
                .is_some_and(|clause| !clause.acts.iter().all(|known| carries(&known.what)))
        {
            self.text.left_out.push(act.span);
            return;
        }
        if by && let Some(clause) = &mut self.clause {
            // `texts are checked by applying the guardrail`.
            clause.explained = !clause.negative;
            self.colon = true;
        }
        if let Some(clause) = &mut self.clause {
            if joined && clause.passive && matches!(form, Form::Past | Form::Base) {
                let own = own && clause.parts.iter().any(is_named);
                if !own {
                    clause.acts.push(act);
                    return;
                }
                // `objects are read from … and written to …`: the same things, somewhere else.
                let things = clause.parts.iter().take_while(|part| !is_named(part)).cloned().collect();
                let negative = clause.negative;
                self.close();
                self.begin(act);
                if let Some(clause) = &mut self.clause {
                    (clause.parts, clause.passive, clause.negative) = (things, true, negative);
                }
                return;
            }
            let operations = clause.acts.iter().all(|known| matches!(known.what, What::Operation(_)));
            if operations && !joined && is_empty(&act.what) {
                // `ExecuteStatement runs on the cluster`.
                return;
            }
            if and_to && clause.infinitive {
                clause.acts.push(act);
                return;
            }
            let light = clause
                .acts
                .iter()
                .all(|known| known.what == What::Light || (nominal && carries(&known.what)));
            let carried =
                light || (clause.parts.is_empty() && clause.acts.iter().all(|known| carries(&known.what)));
            if carried && !joined && !self.negative {
                clause.acts = vec![act];
                clause.infinitive = to;
                return;
            }
            if joined && clause.parts.is_empty() && !self.negative {
                clause.acts.push(act);
                return;
            }
            if form == Form::Past && !joined && after_np && !clause.parts.is_empty() {
                // `files stored in the bucket`: which they are, not what is done.
                return;
            }
        }
        let stays =
            joined && form == Form::Base && self.clause.as_ref().is_some_and(|clause| clause.negative);
        self.close();
        let elliptic = form == Form::Past
            && !joined
            && self.subject.iter().any(|part| matches!(part.thing, Thing::Np(_)));
        self.negative |= stays;
        let mut subject = std::mem::take(&mut self.subject);
        if std::mem::take(&mut self.relative) && !elliptic {
            subject.clear();
        }
        // An account in the subject is who may hold the role: nothing to be dropped.
        let account = |np: &Np| {
            np.names.iter().any(|name| name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit()))
        };
        for part in &subject {
            if let Thing::Np(np) = &part.thing
                && account(np)
            {
                self.text.idle.push((np.from, np.to));
            }
        }
        self.begin(act);
        if let Some(clause) = &mut self.clause {
            clause.infinitive = to;
            clause.passive = elliptic;
            // Who does it is not what it is done to: `on queue gpu, …` is.
            clause.actor = if elliptic {
                Vec::new()
            } else {
                subject.iter().filter(|part| is_named(part)).cloned().collect()
            };
            clause.parts = match elliptic {
                true => subject,
                false => fronted(subject),
            };
        }
    }

    pub(super) fn passive_verb(&mut self, act: Act) {
        // `queries … may be made`: the noun already said what is done.
        if is_empty(&act.what)
            && self
                .clause
                .as_ref()
                .is_some_and(|clause| !clause.acts.iter().all(|known| carries(&known.what)))
        {
            return;
        }
        // `is triggered by the queue`: the subject acts.
        let acts = matches!(&act.what, What::Verb { lemma, .. } if lemma.ends_with(" by"));
        self.close();
        let subject = std::mem::take(&mut self.subject);
        self.begin(act);
        if let Some(clause) = &mut self.clause {
            clause.passive = !acts;
            if !acts {
                clause.parts = subject;
            }
        }
    }

    pub(super) fn operation(&mut self, at: usize, act: Act) {
        let joined = matches!(
            self.before(at),
            Some(ChunkKind::Comma | ChunkKind::Func(Func::And) | ChunkKind::Operation(_))
        );
        let list = joined
            && at.checked_sub(2).is_some_and(|at| matches!(self.kind(at), Some(ChunkKind::Operation(_))));
        if let Some(clause) = self.clause.as_mut().filter(|_| list) {
            clause.acts.push(act);
            return;
        }
        let with = self
            .prep
            .take()
            .is_some_and(|prep| ["with", "by", "via", "through", "using"].contains(&prep.as_str()));
        if let Some(clause) = self.clause.as_mut().filter(|_| with) {
            clause.acts = vec![act];
            return;
        }
        if let Some(clause) = &mut self.clause
            && clause.parts.is_empty()
        {
            if joined && !clause.acts.iter().all(|known| carries(&known.what)) {
                clause.acts.push(act);
                return;
            }
            if clause.acts.iter().all(|known| carries(&known.what)) {
                clause.acts = vec![act];
                return;
            }
        }
        self.close();
        let subject = std::mem::take(&mut self.subject);
        self.begin(act);
        if let Some(clause) = &mut self.clause {
            clause.parts = fronted(subject);
        }
    }
}
