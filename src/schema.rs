// @generated automatically by Diesel CLI.

diesel::table! {
    idempotency_keys (operation, caller, idempotency_key) {
        operation -> Text,
        caller -> Text,
        idempotency_key -> Text,
        fingerprint -> Text,
        made -> Text,
        user_id -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    job_attempts (job_id, attempt) {
        job_id -> BigInt,
        attempt -> Integer,
        outcome -> Text,
        worker -> Nullable<Text>,
        error -> Nullable<Text>,
        started_at -> Timestamp,
        finished_at -> Timestamp,
    }
}

diesel::table! {
    job_counts (job_type, status, queue, slot) {
        job_type -> Text,
        status -> Text,
        queue -> Text,
        slot -> Integer,
        jobs -> BigInt,
    }
}

diesel::table! {
    job_leases (lease) {
        lease -> BigInt,
        ends_at -> Timestamp,
    }
}

diesel::table! {
    job_minutes (minute, job_type) {
        minute -> Timestamp,
        job_type -> Text,
        completed -> BigInt,
        failed -> BigInt,
        wait_us -> BigInt,
        run_us -> BigInt,
    }
}

diesel::table! {
    job_queue (id) {
        id -> BigInt,
        job_type -> Text,
        queue -> Text,
        payload -> Text,
        user_id -> Nullable<BigInt>,
        status -> Text,
        priority -> Integer,
        max_retries -> Integer,
        retry_count -> Integer,
        attempts -> Integer,
        error_message -> Nullable<Text>,
        output -> Nullable<Text>,
        scheduled_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        completed_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        version -> BigInt,
        claimable -> Bool,
        wake_at -> Nullable<Timestamp>,
        lease -> Nullable<BigInt>,
        worker -> Nullable<Text>,
        unique_key -> Nullable<Text>,
        timeout_seconds -> Nullable<Integer>,
        progress -> Nullable<Integer>,
        progress_note -> Nullable<Text>,
        ahead -> Bool,
        losses -> Integer,
        traceparent -> Nullable<Text>,
    }
}

diesel::table! {
    job_versions (id) {
        id -> BigInt,
        last -> BigInt,
    }
}

diesel::table! {
    queues (name) {
        name -> Text,
        paused -> Bool,
        max_running -> Nullable<Integer>,
    }
}

diesel::table! {
    schema_serves (id) {
        id -> Integer,
        oldest -> Text,
    }
}

diesel::table! {
    secrets (id) {
        id -> Integer,
        follow_key -> Text,
    }
}

diesel::table! {
    signup_counts (day, slot) {
        day -> Text,
        signups -> BigInt,
        slot -> Integer,
    }
}

diesel::table! {
    user_profiles (user_id) {
        user_id -> BigInt,
        interests -> Text,
        region -> Nullable<Text>,
        rank -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        age -> Integer,
        name -> Nullable<Text>,
        bio -> Nullable<Text>,
        is_active -> Bool,
        additional_data -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    workers (name) {
        name -> Text,
        started_at -> Timestamp,
        seen_at -> Timestamp,
        executors -> Integer,
        queues -> Text,
        job_types -> Nullable<Text>,
    }
}

diesel::joinable!(job_attempts -> job_queue (job_id));
diesel::joinable!(user_profiles -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    idempotency_keys,
    job_attempts,
    job_counts,
    job_leases,
    job_minutes,
    job_queue,
    job_versions,
    queues,
    schema_serves,
    secrets,
    signup_counts,
    user_profiles,
    users,
    workers,
);
