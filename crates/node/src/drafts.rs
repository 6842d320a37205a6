//! What is typed and not sent yet: kept with the history, so that it is as safe as what was said.

use gossamer_store::DraftRow;

use crate::{
    actor::{Actor, Report},
    api::{ApiError, DRAFT_MAX, DraftView, ErrorCode, Event},
    commands::{Answer, check_conversation},
};

impl Actor {
    /// Keeps a draft instead of the one before, and tells every face.
    pub(crate) fn set_draft(&self, draft: DraftView, answer: Answer) {
        if let Err(error) = check_conversation(&draft.conversation).and(check_length(&draft.text)) {
            return drop(answer.send(Err(error)));
        }
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        let kept = archive.run(move |store| {
            store.drafts().keep(&draft.conversation, &draft.text)?;
            Ok(draft)
        });
        tokio::spawn(async move {
            match kept.await {
                Ok(draft) => drop(
                    reports
                        .send(Report::Noted(Event::Draft(draft), answer))
                        .await,
                ),
                Err(error) => drop(answer.send(Err(error))),
            }
        });
    }

    /// All drafts.
    pub(crate) fn drafts(&self, answer: Answer) {
        let read = self.archive.run(|store| store.drafts().all());
        tokio::spawn(async move {
            let drafts = |rows: Vec<DraftRow>| Event::Drafts {
                drafts: rows.into_iter().map(view).collect(),
            };
            let _ = answer.send(read.await.map(drafts));
        });
    }
}

fn view(DraftRow { conversation, text }: DraftRow) -> DraftView {
    DraftView { conversation, text }
}

/// A draft may be blank, and longer than a message.
fn check_length(text: &str) -> Result<(), ApiError> {
    if text.len() <= DRAFT_MAX {
        return Ok(());
    }
    let message = format!(
        "The draft has {} bytes; {DRAFT_MAX} fit. Keep it elsewhere, or shorten it.",
        text.len()
    );
    Err(ApiError::new(ErrorCode::BadArgument, message))
}
