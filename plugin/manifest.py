"""manifest.json, read once and checked: what Regulars declares to a store, in the only place where it is written.

The same value prints Shopify's app file, names the API version and the scopes, and lists Magento's resources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Protocol

FILE = "manifest.json"
DISTRIBUTION = "regulars"
API_VERSION = re.compile(r"20[0-9]{2}-(?:01|04|07|10)")
SCOPE = re.compile(r"(?:read|write)_[a-z_]+")
#: one family is written with a dot
TOPIC = re.compile(r"[a-z_]+/[a-z_]+|customer\.[a-z_]+")
#: how Magento's access list names things, and its modules' events
RESOURCE = re.compile(r"[A-Za-z0-9]+_[A-Za-z0-9]+::[a-z_]+")
EVENT = re.compile(r"[a-z]+(?:\.[a-z]+){1,2}")
#: Shopify calls these by law, whatever an app does
COMPLIANCE_TOPICS = frozenset({"customers/data_request", "customers/redact", "shop/redact"})


class ManifestError(Exception):
    """The manifest is missing or says something that cannot be meant; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A topic and the path, on our own address, that it is delivered to."""

    topic: str
    uri: str
    #: what of the body is asked for; nothing named: all of it
    include_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppProxy:
    """Where shoppers reach us under the store's own address: ``/{prefix}/{subpath}``, and what that stands for with us."""

    prefix: str
    subpath: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopifyPart:
    """What is declared to Shopify."""

    api_version: str
    scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]
    app_proxy: AppProxy
    webhooks: tuple[Webhook, ...]
    compliance_webhooks: tuple[Webhook, ...]

    @property
    def all_webhooks(self) -> tuple[Webhook, ...]:
        """Those we ask for and those the law asks for."""
        return (*self.webhooks, *self.compliance_webhooks)

    @property
    def topics(self) -> frozenset[str]:
        """Every topic that may be delivered."""
        return frozenset(hook.topic for hook in self.all_webhooks)


@dataclass(frozen=True, slots=True, kw_only=True)
class MagentoPart:
    """What is declared to Magento."""

    resources: tuple[str, ...]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the merchant's."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A kind of data that is kept; ``days`` None: as long as the store is connected."""

    what: str
    why: str
    days: int | None
    #: where it lies with us
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All of it."""

    name: str
    version: str
    shopify: ShopifyPart
    magento: MagentoPart
    pages: tuple[Page, ...]
    stored: tuple[Stored, ...]
    not_stored: tuple[str, ...]
    #: whatever is stored goes so long after the store has left, or earlier when it asks
    days_after_leaving: int


class AppSettings(Protocol):
    """The settings that an app file needs."""

    @property
    def shopify_client_id(self) -> str:
        """Shopify's name for the app."""

    @property
    def public_url(self) -> str:
        """Where the app is reached."""


def load(path: Path | None = None) -> Manifest:
    """The manifest, from the file named or from where Regulars is installed. Raises ManifestError."""
    found = path or _installed()
    try:
        manifest = _manifest(json.loads(found.read_text(encoding="utf-8")))
    except (OSError, ValueError) as wrong:
        raise ManifestError(f"{found.name} cannot be read: {wrong}") from None
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ManifestError(f"{found.name} lacks something: {wrong}") from None
    _check(manifest)
    return manifest


def shopify_app_toml(manifest: Manifest, config: AppSettings) -> str:
    """A complete shopify.app.toml. Raises ManifestError while the client id or an https address is not set."""
    url = config.public_url.rstrip("/")
    if not config.shopify_client_id or not url.startswith("https://"):
        raise ManifestError(
            "Set REGULARS_SHOPIFY_CLIENT_ID and REGULARS_PUBLIC_URL (https) first: the app file names both."
        )
    shopify = manifest.shopify
    # whole addresses: a relative one would be appended to application_url, path and all
    tables = [
        _table("", name=manifest.name, client_id=config.shopify_client_id, application_url=f"{url}/app/overview", embedded=True),
        _table("[access.admin]", direct_api_mode="offline", embedded_app_direct_api_access=False),
        _table("[access_scopes]", scopes=",".join(shopify.scopes), optional_scopes=list(shopify.optional_scopes), use_legacy_install_flow=False),
        _table("[auth]", redirect_urls=[f"{url}/auth/shopify/callback"]),
        _table("[webhooks]", api_version=shopify.api_version),
        *(_table("[[webhooks.subscriptions]]", topics=[hook.topic], uri=url + hook.uri, include_fields=list(hook.include_fields)) for hook in shopify.webhooks),
        *(_table("[[webhooks.subscriptions]]", compliance_topics=[hook.topic], uri=url + hook.uri) for hook in shopify.compliance_webhooks),
        _table("[app_proxy]", url=url + shopify.app_proxy.uri, subpath=shopify.app_proxy.subpath, prefix=shopify.app_proxy.prefix),
        _table("[app_preferences]", url=f"{url}/app/rules"),
        _table("[pos]", embedded=False),
        _table("[build]", automatically_update_urls_on_dev=False),
    ]  # fmt: skip
    return "\n".join(tables)


def magento_resources(manifest: Manifest) -> str:
    """The resources to tick when a merchant makes the integration in Magento, one a line."""
    return "".join(f"{resource}\n" for resource in manifest.magento.resources)


def privacy(manifest: Manifest) -> str:
    """What is kept, why and for how long, a line for each; then what is not, and when all of it goes."""
    kept = [f"{kind.what} | {kind.why} | {_span(kind.days)}" for kind in manifest.stored]
    never = f"never kept: {', '.join(manifest.not_stored)}"
    after = f"after the store has left: until it asks, {manifest.days_after_leaving} days at most"
    return "".join(f"{line}\n" for line in (*kept, never, after))


def _span(days: int | None) -> str:
    return "while the store is connected" if days is None else f"{days} days"


def _installed() -> Path:
    """Beside the packages in a clone (an editable install included); else where the wheel's data was put."""
    found = next((place for place in _places() if place.is_file()), None)
    if found is None:
        raise ManifestError(f"{FILE} was not installed with Regulars; install it again from its repository.")
    return found


def _places() -> Iterator[Path]:
    packages = Path(__file__).resolve().parent.parent
    yield packages / FILE
    # pip install --target keeps data beside the packages and does not correct its record
    yield packages / "share" / DISTRIBUTION / FILE
    with suppress(PackageNotFoundError):
        yield from (Path(str(file.locate())) for file in files(DISTRIBUTION) or () if file.name == FILE)


def _manifest(body: dict[str, Any]) -> Manifest:
    shopify, magento, privacy = body["platforms"]["shopify"], body["platforms"]["magento"], body["privacy"]
    return Manifest(
        name=body["name"],
        version=body["version"],
        shopify=ShopifyPart(
            api_version=shopify["api_version"],
            scopes=tuple(shopify["scopes"]),
            optional_scopes=tuple(shopify["optional_scopes"]),
            app_proxy=AppProxy(**shopify["app_proxy"]),
            webhooks=tuple(_webhook(hook, shopify["include_fields"]) for hook in shopify["webhooks"]),
            compliance_webhooks=tuple(Webhook(**hook) for hook in shopify["compliance_webhooks"]),
        ),
        magento=MagentoPart(resources=tuple(magento["resources"]), events=tuple(magento["events"])),
        pages=tuple(Page(**page) for page in body["pages"]),
        stored=tuple(Stored(**kind | {"tables": tuple(kind["tables"])}) for kind in privacy["stored"]),
        not_stored=tuple(privacy["not_stored"]),
        days_after_leaving=privacy["days_after_leaving"],
    )


def _webhook(hook: dict[str, str], fields: dict[str, list[str]]) -> Webhook:
    """``fields`` names what is asked for, as several topics have one kind of body."""
    told = {name: value for name, value in hook.items() if name != "fields"}
    return Webhook(**told, include_fields=tuple(fields[hook["fields"]]) if "fields" in hook else ())


def _check(manifest: Manifest) -> None:
    shopify = manifest.shopify
    if not API_VERSION.fullmatch(shopify.api_version):
        raise ManifestError(f"{shopify.api_version!r} is no version of Shopify's API.")
    scopes = (*shopify.scopes, *shopify.optional_scopes)
    if bad := [scope for scope in scopes if not SCOPE.fullmatch(scope)]:
        raise ManifestError(f"{bad[0]!r} is no scope of Shopify's.")
    for hook in shopify.all_webhooks:
        if not TOPIC.fullmatch(hook.topic) or hook.uri != f"/webhooks/shopify/{hook.topic}":
            raise ManifestError(f"The webhook {hook.topic!r} is not delivered to its own address.")
    for named in (scopes, [hook.topic for hook in shopify.all_webhooks], [page.name for page in manifest.pages],
                  manifest.magento.resources, manifest.magento.events):  # fmt: skip
        if len(set(named)) < len(named):
            raise ManifestError(f"Something is declared twice: {', '.join(named)}.")
    if bad := [one for one in manifest.magento.resources if not RESOURCE.fullmatch(one)]:
        raise ManifestError(f"{bad[0]!r} is no resource of Magento's.")
    if bad := [one for one in manifest.magento.events if not EVENT.fullmatch(one)]:
        raise ManifestError(f"{bad[0]!r} is no event of Magento's modules.")
    if {hook.topic for hook in shopify.compliance_webhooks} != COMPLIANCE_TOPICS:
        raise ManifestError("Shopify demands exactly its three compliance topics.")


def _table(heading: str, **values: bool | str | list[str]) -> str:
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value != []]
    return "\n".join([heading, *lines] if heading else lines) + "\n"
