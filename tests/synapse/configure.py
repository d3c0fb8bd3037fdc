"""Writes homeserver.yaml and log.yaml of a Synapse for tests: configure.py DIR PORT (sqlite | postgresql://...).

FEDERATION_PORT and FEDERATION_TLS (a folder made by tests/federation/certificates.sh) let it federate over TLS.
Measurements beside it set SYNAPSE_BCRYPT_ROUNDS to its default of 12, and SYNAPSE_UPLOAD_SIZE to what they send.
"""

import os
import sys
import urllib.parse

import yaml

UNLIMITED = {"per_second": 100000, "burst_count": 100000}
# Each limit Synapse knows, by the names of its parts ("" is a limit without parts).
LIMITS = {
    "rc_message": [""],
    "rc_registration": [""],
    "rc_registration_token_validity": [""],
    "rc_login": ["address", "account", "failed_attempts"],
    "rc_admin_redaction": [""],
    "rc_joins": ["local", "remote"],
    "rc_joins_per_room": [""],
    "rc_3pid_validation": [""],
    "rc_invites": ["per_room", "per_user", "per_issuer"],
    "rc_third_party_invite": [""],
    "rc_media_create": [""],
    "rc_presence": ["per_user"],
    "rc_delayed_event_mgmt": [""],
    "rc_room_creation": [""],
    "rc_reports": [""],
    "rc_user_directory": [""],
}


def database(directory: str, where: str) -> dict:
    """The `database` section: a file in the directory, or the PostgreSQL of a URL."""
    if where == "sqlite":
        return {"name": "sqlite3", "args": {"database": f"{directory}/homeserver.db"}}
    url = urllib.parse.urlparse(where)
    args = {"user": url.username, "dbname": url.path.lstrip("/"), "host": url.hostname, "cp_min": 2, "cp_max": 10}
    if url.password:
        args["password"] = url.password
    if url.port:
        args["port"] = url.port
    return {"name": "psycopg2", "args": args}


def limits() -> dict:
    """Every rate limit, out of reach."""
    return {
        name: dict(UNLIMITED) if parts == [""] else {part: dict(UNLIMITED) for part in parts}
        for name, parts in LIMITS.items()
    }


def federation(port: int, tls: str) -> dict:
    """What is added for federation over TLS on loopback; a server that was away is tried again at once."""
    return {
        "tls_certificate_path": f"{tls}/tls.crt",
        "tls_private_key_path": f"{tls}/tls.key",
        "federation_custom_ca_list": [f"{tls}/ca.crt"],
        "ip_range_blacklist": [],
        "allow_public_rooms_over_federation": True,
        "federation": {
            "client_timeout": "10s",
            "max_short_retries": 2,
            "max_long_retry_delay": "1s",
            "destination_min_retry_interval": "1s",
            "destination_max_retry_interval": "5s",
        },
        "rc_federation": {
            "window_size": 1000, "sleep_limit": 100000, "sleep_delay": 1, "reject_limit": 100000, "concurrent": 100,
        },
        "federation_rr_transactions_per_room_per_second": 100000,
        "listeners": [
            {
                "port": port,
                "type": "http",
                "tls": True,
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client", "federation"]}],
            }
        ],
    }


def homeserver(directory: str, port: int, where: str) -> dict:
    """The whole configuration."""
    config = alone(directory, port, where)
    tls = os.environ.get("FEDERATION_TLS")
    if tls:
        more = federation(int(os.environ["FEDERATION_PORT"]), os.path.abspath(tls))
        config["listeners"] += more.pop("listeners")
        config.update(more)
    return config


def alone(directory: str, port: int, where: str) -> dict:
    """The configuration of a server that does not federate."""
    name = f"localhost:{os.environ.get('FEDERATION_PORT', port)}"
    return {
        "server_name": os.environ.get("SYNAPSE_SERVER_NAME", name),
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "serve_server_wellknown": False,
        "report_stats": False,
        "signing_key_path": f"{directory}/signing.key",
        "media_store_path": f"{directory}/media",
        "pid_file": f"{directory}/homeserver.pid",
        "log_config": f"{directory}/log.yaml",
        "database": database(directory, where),
        "listeners": [
            {
                "port": port,
                "type": "http",
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client", "openid"]}],
            }
        ],
        "registration_shared_secret": os.environ.get("SYNAPSE_SHARED_SECRET", "conformance-of-peerbrain"),
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": int(os.environ.get("SYNAPSE_BCRYPT_ROUNDS", "4")),
        "default_room_version": "12",
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "user_directory": {"enabled": True, "search_all_users": False},
        "room_list_publication_rules": [{"action": "allow"}],
        "allow_public_rooms_without_auth": True,
        "caches": {"sync_response_cache_duration": "0s"},
        "url_preview_enabled": False,
        "max_upload_size": os.environ.get("SYNAPSE_UPLOAD_SIZE", "1M"),
        "dynamic_thumbnails": True,
        "allow_guest_access": True,
        "login_via_existing_session": {"enabled": True, "require_ui_auth": True},
        "turn_uris": ["turn:turn.example.com?transport=udp"],
        "turn_shared_secret": "conformance",
        "presence": {"enabled": True},
        # The push gateways of the tests listen on loopback; a badge counts messages, not rooms.
        "ip_range_whitelist": ["127.0.0.1"],
        "push": {"group_unread_count_by_room": False},
        "experimental_features": {
            "msc3814_enabled": True,
            "msc4133_enabled": True,
            "msc4210_enabled": True,
            "msc4222_enabled": True,
        },
        **limits(),
    }


def log(directory: str) -> dict:
    """Warnings and errors into a file."""
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "file": {"class": "logging.FileHandler", "filename": f"{directory}/homeserver.log", "formatter": "plain"}
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }


def main() -> None:
    directory, port, where = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    for name, value in (("homeserver.yaml", homeserver(directory, port, where)), ("log.yaml", log(directory))):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            yaml.safe_dump(value, file, sort_keys=False)


main()
