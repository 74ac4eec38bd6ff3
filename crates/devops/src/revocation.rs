//! The ports of revoking: one's own PATs, and anybody's.

use patkeeper_core::failure::Failure;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_http::HttpError;
use patkeeper_lifecycle::ports::{NotDone, RevokeAnyones, RevokeOwn, Revoked};

use crate::client::AzureDevOps;
use crate::error::{DevOpsError, Reason};

impl RevokeOwn for AzureDevOps {
    async fn revoke(&self, id: &AuthorizationId) -> Result<Revoked, NotDone> {
        self.revoke(id).await.map_err(repeated)
    }

    async fn ended(&self) -> Result<Vec<AuthorizationId>, Failure> {
        let mut ended = self.ended().await?;
        ended.revoked.append(&mut ended.expired);
        Ok(ended.revoked)
    }
}

impl RevokeAnyones for AzureDevOps {
    async fn revoke_all(&self, ids: &[AuthorizationId]) -> Result<(), NotDone> {
        self.revoke_many(ids).await.map_err(repeated)
    }
}

/// Of a request that is sent again when an answer is lost. An answer knows whether it follows a lost one; what stands
/// where the last should be does not.
pub(crate) fn repeated(error: DevOpsError) -> NotDone {
    let may_follow_a_lost_one =
        matches!(&error.reason, Reason::Http(error) if !matches!(error, HttpError::NotBegun { .. }));
    let not_done = not_done(error);
    NotDone {
        unclear: not_done.unclear || may_follow_a_lost_one,
        ..not_done
    }
}

/// Of a request that was sent once.
pub(crate) fn not_done(error: DevOpsError) -> NotDone {
    NotDone {
        unclear: error.may_have_happened(),
        failure: error.failure(),
    }
}
