//! The inputs of every task that tells people: where they listen.

use super::{Group, Input, Kind};

const GROUP_NAME: &str = "alertGroup";

/// Their group in the designer.
pub const GROUP: Group = Group {
    name: GROUP_NAME,
    label: "Alerts",
    expanded: false,
};

/// Where Slack listens.
pub const SLACK_WEBHOOK_URL: Input = Input::new(
    "slackWebhookUrl",
    Kind::HttpsUrl,
    "Slack webhook",
    "An incoming webhook's `https` URL. It is a secret: pass it as a secret variable.",
)
.secret()
.group(GROUP_NAME);

/// Where Teams listens.
pub const TEAMS_WEBHOOK_URL: Input = Input::new(
    "teamsWebhookUrl",
    Kind::HttpsUrl,
    "Teams webhook",
    "The `https` URL of a Teams workflow that posts what it receives. It is a secret: pass it as a secret \
     variable.",
)
.secret()
.group(GROUP_NAME);

/// Where anything else listens.
pub const WEBHOOK_URL: Input = Input::new(
    "webhookUrl",
    Kind::HttpsUrl,
    "Webhook",
    "An `https` URL that receives `patkeeper.alert/1` as JSON. It is a secret: pass it as a secret variable.",
)
.secret()
.group(GROUP_NAME);
