//! The audit log: `auditservice.dev.azure.com/{org}/_apis/audit`.

mod actions;
mod query;
mod wire;

use super::Call;
use super::administration;
use super::caller::reader;
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::{AuditOff, Cloud};
use crate::refusal::Refusal;

/// The answer, if the path is one of these.
pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Option<Result<Answer, Refusal>> {
    if call.is("_apis/audit/actions") {
        return Some(catalog(cloud, call));
    }
    call.is("_apis/audit/auditlog").then(|| log(cloud, call))
}

/// Which events there can be is told to everybody who may ask for the log at all.
fn catalog(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    reader(cloud, call, Some("vso.auditlog"))?;
    version(call.request, Stage::Preview)?;
    if call.request.method != "GET" {
        return Err(Refusal::method(&call.request.method));
    }
    Ok(actions::answer(call))
}

fn log(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let auditor = administration::of_audit(cloud, call)?;
    version(call.request, Stage::Preview)?;
    if call.request.method != "GET" {
        return Err(Refusal::method(&call.request.method));
    }
    let query = query::Query::read(cloud, call)?;
    let off = "Auditing is not enabled for this organization.";
    match cloud.manners.audit_off {
        _ if call.organization.auditing => {}
        AuditOff::Empty => return Ok(query::nothing(cloud)),
        AuditOff::Forbidden => return Err(Refusal::exception(403, "AuditingNotEnabledException", off)),
        AuditOff::NotFound => return Err(Refusal::exception(404, "VssResourceNotFoundException", off)),
    }
    let answer = query.answer(cloud, call);
    query.note(cloud, call, &auditor.actor(call));
    Ok(answer)
}
