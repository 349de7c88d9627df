-- The same table as for SQLite; see there for what the columns mean.
CREATE TABLE idempotency_keys (
    operation TEXT NOT NULL,
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    made TEXT NOT NULL,
    user_id BIGINT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (operation, caller, idempotency_key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_user ON idempotency_keys (user_id) WHERE user_id IS NOT NULL;
