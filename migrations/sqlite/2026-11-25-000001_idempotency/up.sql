-- The first answer to a request with an Idempotency-Key, kept to be given again.
CREATE TABLE idempotency_keys (
    operation TEXT NOT NULL,
    -- The subject of the caller's token; empty for a request without one.
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- SHA-256 of the body, in hex: the same key with another body is a mistake.
    fingerprint TEXT NOT NULL,
    -- The row that the request made, as JSON. Empty only within the transaction that makes it.
    made TEXT NOT NULL,
    -- Whom the row is about: erasing that user erases it.
    user_id BIGINT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (operation, caller, idempotency_key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_user ON idempotency_keys (user_id) WHERE user_id IS NOT NULL;
