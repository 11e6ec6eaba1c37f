"""Every column that could hold a person's words says that it holds none, and why, or that it is sealed by their key.

A new text, json, array or bytea column fails until it stands here. What a customer says, and what is said of them, belongs
into a sealed column (`privacy/texts.py`); what colleagues say of themselves or of the desk's set-up does not.
"""

import psycopg

#: Sealed under the key of a person; they end with it.
SEALED = {
    "attachment": "sealed",
    "customer_link": "sealed",
    "customer_merge": "sealed",
    "customer_session": "sealed",
    "draft": "sealed",
    "message": "sealed",
    "ticket": "sealed",
    "vault_value": "ciphertext",
}
#: Sealed by the ring's key together with a secret that only its owner has; they end within a day.
SHORT_LIVED = {"idempotency": "sealed", "sign_in_step": "sealed"}
#: Why a column holds no word of a person → where.
NO_WORDS = {
    "codes of ours, of packs or of the institution's set-up": {
        "access_request": "asked_as state refusal",
        "attachment": "content_type cipher",
        "audit_entry": "stream kind",
        "calendar": "code state origin",
        "case_type": "code layer",
        "customer": "kind language tier",
        "customer_contact": "kind",
        "customer_link": "use language",
        "customer_session": "language",
        "delivery": "channel target robot kind language data news state error",
        "draft": "verb reason",
        "erasure": "ground state event",
        "file_check": "state reason signature findings copy_type",
        "idempotency": "route",
        "link": "kind",
        "legal_hold": "ground",
        "look": "kind",
        "look_alarm": "rule",
        "message": "kind channel",
        "notice": "kind data news gathered",
        "outbox": "kind",
        "retention_rule": "class unit state",
        "retention_run": "state cutoffs counts",
        "sla_change": "what code scope",
        "sla_clock": "kind stopped_by policy unit calendar queue last_day stage pauses followed",
        "sla_clock_past": "kind body",
        "sla_extension": "kind stage state",
        "notice_channel": "channel error",
        "sla_policy": "code layer",
        "sla_policy_proposal": "code state",
        "stream": "kind",
        "task": "title_zh title_en cause",
        "ticket": "number case_type state priority channel checklist evidence waiting_for resumes_to outcome callback_result",
        "vault_value": "kind cipher",
        "verification": "method channel reference",
    },
    "labels of the desk, masked": {"ticket": "tags", "saved_view": "name filter sort"},
    "what the desk was set up with, in the words of colleagues": {
        "calendar": "body digest note",
        "case_type": "digest body",
        "customer_preference": "body",
        "identity_provider": "code name_zh name_en issuer client_id body",
        "inbound_source": "code name case_type",
        "legal_hold": "note",
        "look_policy": "body",
        "notice_preference": "body",
        "retention_rule": "note",
        "retention_run": "note",
        "robot": "code kind host teams kinds",
        "role": "code name_zh name_en permissions shipped",
        "sla_policy": "body digest note",
        "sla_policy_proposal": "body note",
        "team": "code name_zh name_en",
        "tenant": "code name sign_in",
    },
    "a colleague's own account, kept with their record": {
        "api_token": "name scope",
        "identity_link": "provider issuer",
        "notice_preference": "email",
        "passkey": "credential_id public_key name transports",
        "session": "address user_agent opened_by provider provider_session sign_out_url",
        "sign_in_step": "use body",
        "sign_in_tally": "failed_address",
        "staff": "login name language status must_change",
        "staff_role": "role_code",
        "staff_skill": "skill",
    },
    "hashes, keyed indexes, signatures and random values": {
        "access_request": "file_sha256",
        "api_token": "secret_sha256",
        "attachment": "sha256 sealed_sha256",
        "customer_link": "secret_sha256",
        "customer_session": "secret_sha256 csrf",
        "event": "hash mac mac_key",
        "file_check": "copy_sha256",
        "idempotency": "key_index body_index seal_key",
        "identity_link": "subject_sha256",
        "inbound_seen": "source signature",
        "rate_limit": "bucket",
        "rating": "nonce",
        "recovery_code": "code_sha256",
        "released_hit": "blind_index index_key",
        "schema_migration": "name sha256",
        "seal": "hash signature sign_key",
        "seal_leaf": "hash",
        "seal_stamp": "token",
        "session": "secret_sha256 csrf former_sha256",
        "sign_in_step": "secret_sha256",
        "staff": "password_hash",
        "stream": "head_hash head_mac mac_key",
        "ticket": "object_index",
        "vault_value": "blind_index index_key",
    },
    "the delivery's id at its door, a keyed hash where it could be somebody's (channels.door_id)": {
        "ticket": "external_id"
    },
    "codes and commitments alone: what is personal is committed to (evidence.NewEvent)": {
        "event": "body",
        "seal": "body",
    },
    "public: an organisation's registered code": {"customer": "uscc"},
    "said by a person to be nobody's number": {"released_hit": "kind mask"},
    "secrets of the desk's own, encrypted by the ring": {
        "authenticator": "secret secret_key",
        "identity_provider": "secret secret_key",
        "inbound_source": "secret secret_key",
        "robot": "secret secret_key",
        "sign_in_step": "sealed_key",
    },
    "the place where an export stands": {"siem_cursor": "target error"},
}
_TYPES = ("text", "character varying", "json", "jsonb", "bytea", "ARRAY")


def _declared() -> set[tuple[str, str]]:
    groups = (SEALED, SHORT_LIVED, *NO_WORDS.values())
    return {
        (table, column) for group in groups for table, columns in group.items() for column in columns.split()
    }


def test_every_column_that_could_hold_words_is_declared(owner: psycopg.Connection) -> None:
    there = owner.execute(
        "select c.table_name, c.column_name from information_schema.columns c"
        " join pg_tables p on p.tablename = c.table_name and p.schemaname = 'public'"
        " where c.table_schema = 'public' and c.data_type = any(%s) and c.udt_name <> '_uuid'",
        [list(_TYPES)],
    ).fetchall()
    assert set(there) - _declared() == set(), "declare it: sealed, or why it holds no person's words"
    assert _declared() - set(there) == set(), "declared, and not there"


def test_what_is_sealed_is_bytes(owner: psycopg.Connection) -> None:
    for table, column in SEALED.items():
        row = owner.execute(
            "select data_type, is_nullable from information_schema.columns"
            " where table_schema = 'public' and table_name = %s and column_name = %s",
            (table, column),
        ).fetchone()
        assert row == ("bytea", "NO"), table
