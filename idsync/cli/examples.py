"""An example or two of each command, as its help and the reference show them."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "init": ("idsync init access", "idsync init demo --example"),
    "validate": ("idsync validate -c access", "idsync validate -c access --secrets"),
    "plan": (
        "idsync plan -c access -o reviewed.plan",
        "idsync plan --snapshot snapshot.json --current current.json --format markdown",
    ),
    "apply": (
        "idsync apply reviewed.plan",
        "idsync apply --reviewed reviewed.plan",
        'idsync apply --auto-approve --allow user_deletes="the Berlin office closed"',
    ),
    "reconcile": ("idsync reconcile -c access", "idsync reconcile -c access --format json"),
    "show": ("idsync show reviewed.plan", "idsync show reviewed.plan --format markdown"),
    "drift": ("idsync drift -c access",),
    "snapshot": ("idsync snapshot -o snapshot.json", "idsync snapshot --sanitize -o snapshot.json"),
    "filters": ("idsync filters", 'idsync filters --groups "eng-*" --groups "^prod-(db|k8s)$"'),
    "explain": ("idsync explain ann@acme.com", "idsync explain ann@acme.com role/dev"),
    "get": ("idsync get users --format text", "idsync get all --format json > current.json"),
    "create": ("idsync create lock.yaml", "idsync get access_list/00g1 | sed s/old/new/ | idsync create -f -"),
    "edit": ("idsync edit access_list/00g1",),
    "rm": ("idsync rm access_list_member/00g1/ann@acme.com",),
    "lock": ('idsync lock ann@acme.com --message "laptop stolen, ticket 4711"',),
    "unlock": ('idsync unlock ann@acme.com --reason "laptop found"',),
    "import": (
        "idsync import -c access -o imported.yaml",
        "idsync import --snapshot snapshot.json --current current.json",
    ),
    "history": ("idsync history", "idsync history 12", "idsync history --verify"),
    "enroll": (
        "idsync enroll okta -c access --org-url https://acme.okta.com --owner ann@acme.com"
        " --acs-url https://teleport.acme.com/v1/webapi/saml/acs/okta",
    ),
    "doctor": ("idsync doctor -c access", "idsync doctor --format json"),
    "cleanup": ("idsync cleanup -c access", "idsync cleanup -c access --auto-approve"),
    "serve": ("idsync serve -c access", "idsync serve --host 0.0.0.0 --port 8443"),
    "scim": ("idsync scim token create --name okta --expires 365d", "idsync scim token rotate okta"),
    "store": (
        "idsync store copy sqlite:///access/idsync.db postgresql://idsync@db.example.com/idsync",
        "idsync store copy env:IDSYNC_STORE sqlite:///backup.db",
    ),
    "keys": ("idsync keys create", "idsync keys rotate", "idsync keys list --format json"),
    "schema": ("idsync schema config > config.schema.json",),
    "completion": ('eval "$(idsync completion bash)"',),
    "help": ("idsync help plan", "idsync help scim token create"),
    "version": ("idsync version",),
}


def examples_of(command: str) -> str:
    """The examples of a command as click shows them word for word; nothing for one without."""
    examples = EXAMPLES.get(command, ())
    title = "Example" if len(examples) == 1 else "Examples"
    return "\n".join(("\b", f"{title}:", *(f"  {example}" for example in examples))) if examples else ""
