"""Microsoft's client of Azure DevOps as an administrator with a PAT would use it. Prints one line of JSON."""

import json
import os
import sys

from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsAuthenticationError, AzureDevOpsServiceError
from azure.devops.v7_1.token_admin.models import TokenAdminRevocation
from msrest.authentication import BasicAuthentication

CONNECTION = Connection(
    base_url="https://dev.azure.com/acme", creds=BasicAuthentication("", os.environ["ADMINISTRATORS_PAT"])
)


def users():
    """Everybody who can own PATs, over all pages."""
    graph = CONNECTION.clients_v7_1.get_graph_client()
    page = graph.list_users(subject_types=["aad", "msa"])
    pages = [page.graph_users]
    while page.continuation_token:
        page = graph.list_users(subject_types=["aad", "msa"], continuation_token=page.continuation_token)
        pages.append(page.graph_users)
    return pages


def pats(descriptor):
    """All of one user's PATs, over all pages."""
    client = CONNECTION.clients_v7_1.get_token_admin_client()
    found, token = [], None
    while True:
        page = client.list_personal_access_tokens(
            descriptor, page_size=2, continuation_token=token, is_public=False
        )
        found += page.value
        token = page.continuation_token
        if not token:
            return found


def refused(work):
    """How Microsoft's client reports that `work` failed."""
    try:
        work()
    except (AzureDevOpsAuthenticationError, AzureDevOpsServiceError) as error:
        return {"type": type(error).__name__, "message": str(error)}
    return None


def everybody():
    pages = users()
    return {
        "pages": [len(page) for page in pages],
        "users": {
            user.descriptor: [user.principal_name, user.is_deleted_in_origin] for page in pages for user in page
        },
    }


def one():
    return [
        {
            "id": pat.authorization_id,
            "name": pat.display_name,
            "scope": pat.scope,
            "validTo": pat.valid_to.isoformat(),
            "accounts": pat.target_accounts,
            "isValid": pat.is_valid,
        }
        for pat in pats(os.environ["DESCRIPTOR"])
    ]


def revoke():
    client = CONNECTION.clients_v7_1.get_token_admin_client()
    live = [pat.authorization_id for pat in pats(os.environ["DESCRIPTOR"]) if pat.is_valid]
    client.revoke_authorizations([TokenAdminRevocation(authorization_id=id) for id in live], is_public=False)
    stranger = [TokenAdminRevocation(authorization_id="00000000-0000-4000-8000-000000000000")]
    return {"revoked": live, "unknown": refused(lambda: client.revoke_authorizations(stranger))}


def audit():
    client = CONNECTION.clients_v7_1.get_audit_client()
    entries, token = [], None
    while True:
        page = client.query_log(batch_size=2, continuation_token=token, skip_aggregation=True)
        entries += page.decorated_audit_log_entries
        token = page.continuation_token
        if not page.has_more:
            break
    return {
        "entries": [
            [entry.action_id, entry.actor_uPN, entry.timestamp.isoformat(), entry.ip_address, entry.details]
            for entry in entries
        ],
        "tokenAtTheEnd": bool(token),
        "actions": len(client.get_actions(area_name="Token")),
    }


def not_allowed():
    return refused(lambda: pats(os.environ["DESCRIPTOR"]))


SCENARIOS = [everybody, one, revoke, audit, not_allowed]

if __name__ == "__main__":
    scenario = {work.__name__: work for work in SCENARIOS}[sys.argv[1]]
    print(json.dumps(scenario()))
