"""Every setting of the server: its name, what kind of value it takes, what it is for; reads none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name without the prefix, what kind of value it takes and what it is for."""

    name: str
    kind: str
    default: str
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


SETTINGS: tuple[Setting, ...] = (
    Setting("POLICIES", "path", "policies", "the folder with one folder a policy, one file a version"),
    Setting(
        "STATE",
        "path",
        "var",
        "where the server keeps its own files: databases, keys, certificates, the last good policies and the built styles",
    ),
    Setting("ADDRESS", "text", "127.0.0.1", "the address to listen on"),
    Setting("PORT", "number", "8000", "the port to listen on"),
    Setting("WORKERS", "number", "1", "how many processes answer"),
    Setting(
        "PREFIX_MODE",
        "flag",
        "no",
        "serve the sites under /at/NAME/ too, for machines where their host names do not resolve",
    ),
    Setting(
        "OVERVIEW_HOSTS", "words", "localhost 127.0.0.1 [::1]", "the host names that show the overview of all sites"
    ),
    Setting("HTTPS", "flag", "no", "a proxy ends https in front of the server: promise browsers that it stays so"),
    Setting("TLS", "flag", "no", "listen with https, by a certificate of your own or of a local authority made here"),
    Setting(
        "TLS_CERTIFICATE", "file", "", "your certificate with its chain, PEM; without it a local authority makes one"
    ),
    Setting("TLS_KEY", "file", "", "the private key of your certificate, PEM, without a password"),
    Setting(
        "PROXY",
        "networks",
        "",
        "the addresses of the proxies in front of the server; only what they forward about a visitor is believed",
    ),
    Setting(
        "DATABASE",
        "database",
        "",
        "where the data lies: postgresql://user:password@host/name; a file in the state folder when it is not given",
        secret=True,
    ),
    Setting(
        "KEYS_DATABASE",
        "database",
        "",
        "where the keys lie, apart from the data; NAME_keys beside the data, or a file of its own, when it is not given",
        secret=True,
    ),
    Setting(
        "TOP_KEY",
        "text",
        "",
        "the key above all keys, 32 bytes in base64; `top.key` in the state folder when it is not given",
        secret=True,
    ),
    Setting(
        "OPENBAO_ADDRESS", "text", "", "an OpenBao that keeps the top key wrapped, such as https://bao.example:8200"
    ),
    Setting("OPENBAO_TOKEN", "text", "", "the token that may use its transit key", secret=True),
    Setting("OPENBAO_KEY", "text", "upheld", "the name of its transit key"),
    Setting(
        "SECOND_FACTOR",
        "choice",
        "required",
        "whether staff need a second factor; `demo` asks for none while nobody but this machine reaches the server",
        choices=("required", "demo"),
    ),
    Setting(
        "DRAFT",
        "flag",
        "no",
        "while a policy is being written: every good file counts at once, with no announcement; on this machine alone",
    ),
    Setting(
        "PROOFS",
        "flag",
        "yes",
        "prove each policy by itself: when the program is new, when a version begins to bind, and every day",
    ),
    Setting(
        "VISITOR",
        "flag",
        "yes",
        "before the daily proof an invented visitor walks each site from outside, in a Chromium, where there is one",
    ),
    Setting(
        "VISITOR_ADDRESS",
        "text",
        "",
        "the address of which the invented visitor's are made; visitor@ the host of each policy's own contact when it is not given",
    ),
    Setting(
        "VISITOR_MAILDIR",
        "folder",
        "",
        "a maildir of its own in which mails to the visitor arrive; needed where mails leave for a mail server",
    ),
    Setting("VISITOR_BROWSER", "text", "", "the Chromium to walk with, when it is not where such programs usually are"),
    Setting(
        "MAIL",
        "choice",
        "folder",
        "how mails leave: into the folder `mail` of the state folder, for looking around, or to a mail server",
        choices=("folder", "smtp"),
    ),
    Setting(
        "MAIL_FROM", "text", "", "the address that mails come from; each policy's own contact when it is not given"
    ),
    Setting("SMTP_HOST", "text", "localhost", "the mail server"),
    Setting("SMTP_PORT", "number", "587", "its port"),
    Setting("SMTP_USER", "text", "", "the name to sign in to it with"),
    Setting("SMTP_PASSWORD", "text", "", "the password to sign in to it with", secret=True),
    Setting(
        "SMTP_TLS",
        "choice",
        "starttls",
        "how the way to it is encrypted; `none` only when it is this machine",
        choices=("starttls", "tls", "none"),
    ),
    Setting("SMTP_AUTHORITY", "file", "", "the certificate to trust for it instead of the machine's own, PEM"),
    Setting("DKIM_KEY", "file", "", "the key that signs mails, RSA in PEM; its other half stands in your DNS"),
    Setting("DKIM_SELECTOR", "text", "", "the selector under which it stands there"),
    Setting(
        "INBOX",
        "choice",
        "maildir",
        "where messages to the business arrive: a maildir that a mail server on this machine delivers into, a folder on a mail server, or nowhere",
        choices=("maildir", "imap", "none"),
    ),
    Setting("INBOX_FOLDER", "folder", "", "the maildir; `inbox` in the state folder when it is not given"),
    Setting("INBOX_HOST", "text", "", "the mail server of the folder, spoken to over TLS"),
    Setting("INBOX_PORT", "number", "993", "its port"),
    Setting("INBOX_USER", "text", "", "the name to sign in to it with"),
    Setting("INBOX_PASSWORD", "text", "", "the password to sign in to it with", secret=True),
    Setting("INBOX_NAME", "text", "INBOX", "the folder on it in which messages arrive"),
    Setting(
        "INBOX_DONE", "text", "Upheld", "the folder on it for messages that were taken in; they are removed after a day"
    ),
    Setting("INBOX_AUTHORITY", "file", "", "the certificate to trust for it instead of the machine's own, PEM"),
    Setting(
        "INBOX_CHECKED_BY",
        "text",
        "",
        "the name under which your mail server says what it checked of a sender (Authentication-Results); without it no sender is proved",
    ),
    Setting(
        "INBOX_SITE",
        "text",
        "",
        "the site that gets messages addressed to none of the sites' own addresses; the only one when there is one",
    ),
    Setting("BACKUPS", "folder", "", "where your copies of the databases lie; `upheld doctor` says when none is new"),
    Setting("LOG_LEVEL", "choice", "info", "how much the log says", choices=("debug", "info", "warning", "error")),
    Setting(
        "SECRET_KEY",
        "text",
        "",
        "signs what the server hands out; made from the top key when it is not given",
        secret=True,
    ),
)
