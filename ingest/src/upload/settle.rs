//! From a complete upload to a clip that landed, or to a verdict why not.

use super::whole::Knowledge;
use super::{Upload, clear, refusal};
use crate::admit::{Admission, AdmitContext, admit_upload};
use crate::error::Error;

/// Decides on `upload`, all of whose files are whole, and removes it then.
///
/// Each step is safe to repeat and to race, and the upload goes last: whatever a crash leaves is settled again.
pub(crate) async fn settle(
    upload: &Upload,
    known: Knowledge<'_>,
    context: &AdmitContext<'_>,
) -> Result<Admission, Error> {
    let admission = admit_upload((upload, known), context).await?;
    match &admission {
        Admission::Landed(clip_id) | Admission::AlreadyLanded(clip_id) => {
            refusal::forget(context.inbox, *clip_id).await?;
        }
        Admission::Refused(rejection) => refusal::note(context.inbox, upload, rejection, context.now).await?,
    }
    clear(context.inbox, upload).await?;
    known.whole.forget(upload);
    Ok(admission)
}
