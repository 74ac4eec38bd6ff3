"""Microsoft's clients of Entra and Key Vault, as anyone would use them. Each scenario prints one line of JSON."""

import json
import os
import sys
from datetime import datetime, timezone

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

VAULT = "https://acme-kv.vault.azure.net"
EXPIRES = datetime(2027, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def credential():
    return ClientSecretCredential(os.environ["TENANT_ID"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])


def client(vault=VAULT):
    return SecretClient(vault, credential(), retry_total=0)


def shown(properties):
    """What a client knows of a version besides its value."""
    return {
        "version": properties.version,
        "enabled": properties.enabled,
        "expires": properties.expires_on and properties.expires_on.isoformat(),
        "contentType": properties.content_type,
        "tags": properties.tags,
        "recoverableDays": properties.recoverable_days,
    }


def refused(work):
    """How Microsoft's client reports that `work` failed."""
    try:
        work()
    except HttpResponseError as error:
        inner = error.error.innererror if error.error else None
        return {
            "type": type(error).__name__,
            "status": error.status_code,
            "code": error.error and error.error.code,
            "inner": inner and inner.get("code"),
            "message": error.message,
        }
    except AzureError as error:
        return {"type": type(error).__name__, "message": error.message}
    return None


def lifecycle():
    vault = client()
    first = vault.set_secret(
        "build-pat",
        "not-a-secret-1",
        content_type="text/plain",
        tags={"rotation": "3f9c01ab"},
        expires_on=EXPIRES,
    )
    read = vault.get_secret("build-pat")
    second = vault.set_secret("build-pat", "not-a-secret-2")
    current, older = vault.get_secret("build-pat"), vault.get_secret("build-pat", first.properties.version)
    listed = list(vault.list_properties_of_secret_versions("build-pat"))
    changed = vault.update_secret_properties("build-pat", first.properties.version, enabled=False)
    return {
        "first": shown(first.properties),
        "read": [read.name, read.value, shown(read.properties)],
        "second": shown(second.properties),
        "values": [current.value, older.value],
        "listed": sorted(properties.version for properties in listed),
        "changed": shown(changed),
        "disabled": refused(lambda: vault.get_secret("build-pat", first.properties.version)),
    }


def deletion():
    vault = client()
    vault.set_secret("build-pat", "not-a-secret")
    deleted = vault.begin_delete_secret("build-pat").result()
    in_the_way = refused(lambda: vault.set_secret("build-pat", "not-a-secret"))
    gone = refused(lambda: vault.get_secret("build-pat"))
    recovered = vault.begin_recover_deleted_secret("build-pat").result()
    return {
        "deleted": [deleted.name, deleted.recovery_id],
        "inTheWay": in_the_way,
        "gone": gone,
        "recovered": recovered.name,
    }


def pages():
    vault = client()
    versions = list(vault.list_properties_of_secret_versions("build-pat"))
    by_ten = vault.list_properties_of_secret_versions("build-pat", max_page_size=10).by_page()
    return {"versions": len(versions), "pages": [len(list(page)) for page in by_ten]}


def read():
    return refused(lambda: client().get_secret("build-pat"))


def write():
    return refused(lambda: client().set_secret("build-pat", "not-a-secret"))


def elsewhere():
    return refused(lambda: client("https://acme-kv2.vault.azure.net").get_secret("build-pat"))


def token():
    """A token alone, for Azure DevOps."""
    try:
        granted = credential().get_token("499b84ac-1321-427f-aa17-267ca6975798/.default")
    except ClientAuthenticationError as error:
        return {"type": type(error).__name__, "message": error.message}
    return {"token": granted.token, "expires": granted.expires_on}


SCENARIOS = [lifecycle, deletion, pages, read, write, elsewhere, token]

if __name__ == "__main__":
    scenario = {work.__name__: work for work in SCENARIOS}[sys.argv[1]]
    print(json.dumps(scenario()))
