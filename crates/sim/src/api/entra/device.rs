//! `POST /{tenant}/oauth2/v2.0/devicecode`, and the polls for what became of it.

use chrono::TimeDelta;
use serde_json::json;

use super::denial::{Denial, Words};
use super::scopes::Asked;
use super::{client, post_only};
use crate::answer::Answer;
use crate::cloud::{App, Browser, Clock, Cloud, Decision, Declined, Grant, Instance};
use crate::request::Request;

const PAGE: &str = "https://microsoft.com/devicelogin";

pub(super) fn answer(cloud: &mut Cloud, instance: Instance, tenant: &str, request: &Request) -> Answer {
    begin(cloud, instance, tenant, request).unwrap_or_else(|denial| denial.answer(cloud, request))
}

fn begin(cloud: &mut Cloud, instance: Instance, tenant: &str, request: &Request) -> Result<Answer, Denial> {
    let mut words = Words::default();
    post_only(request, &mut words)?;
    let tenant = super::tenant(cloud, instance, tenant, &mut words)?;
    let app = client::app(cloud, tenant.as_ref(), client::named(request).0, &mut words)?;
    super::own_tenant(tenant.as_ref(), &words)?;
    let Some(scope) = request.field("scope").filter(|scope| !scope.is_empty()) else {
        "scope".clone_into(&mut words.detail);
        return Err(Denial::new(900_144, &words));
    };
    Asked::check(instance, &scope, &mut words)?;
    let (device_code, user_code) = cloud.issue_device(&app.client_id, &scope);
    let message = format!(
        "To sign in, use a web browser to open the page {PAGE} and enter the code {user_code} to authenticate."
    );
    Ok(Answer::json(
        200,
        &json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": PAGE,
            "expires_in": cloud.entra.device_life.num_seconds(),
            "interval": cloud.entra.device_interval,
            "message": message,
        }),
    ))
}

/// A poll: the grant, once somebody has signed in.
pub(super) fn poll(cloud: &mut Cloud, app: &App, code: &str, words: &mut Words) -> Result<Grant, Denial> {
    let now = cloud.now();
    let refuse = |code| Err(Denial::new(code, words));
    if cloud.entra.slow_down > 0 {
        cloud.entra.slow_down -= 1;
        return refuse(70_016).map_err(|denial| denial.worded("slow_down"));
    }
    let (browser, after) = (cloud.entra.browser.clone(), cloud.entra.device_polls);
    let declined = match cloud.entra.declined {
        Declined::AuthorizationDeclined => "authorization_declined",
        Declined::AccessDenied => "access_denied",
    };
    let interval = TimeDelta::seconds(cloud.entra.device_interval.into());
    let clock_runs = matches!(cloud.clock, Clock::System { .. });
    let Some(device) = cloud.entra.devices.get_mut(code) else {
        return refuse(70_018);
    };
    if device.client_id != app.client_id {
        return refuse(70_018);
    }
    if device.ends <= now {
        return refuse(70_019);
    }
    let before = device.polled.replace(now);
    if clock_runs && before.is_some_and(|before| now - before < interval) {
        return refuse(70_016).map_err(|denial| denial.worded("slow_down"));
    }
    device.polls += 1;
    if device.decision == Decision::Pending && after.is_some_and(|after| device.polls > after) {
        device.decision = match browser {
            Browser::Nobody => Decision::Pending,
            Browser::User(user) => Decision::SignedIn(user),
            Browser::Declines => Decision::Declined,
        };
    }
    let user = match device.decision.clone() {
        Decision::Pending => return refuse(70_016),
        Decision::Declined => return refuse(65_004).map_err(|denial| denial.worded(declined)),
        Decision::Redeemed => return refuse(54_005),
        Decision::SignedIn(user) => user,
    };
    device.decision = Decision::Redeemed;
    Ok(Grant {
        user,
        client_id: app.client_id.clone(),
        scopes: device.scopes.clone(),
        nonce: None,
    })
}
