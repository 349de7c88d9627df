//! Many jobs put in at once, and what may not be put in at all.

use diesel::QueryResult;
use keiyaku::api::models::{EraseMailPayload, SendWelcomeEmailPayload, UserCreatedPayload, UserSnapshot};
use keiyaku::db::AnyConnection;
use keiyaku::models::jobs::{self, Enqueued, NewJob};

use crate::support::Bench;
use crate::support::scripts::Scripted;

async fn put_all(bench: &Bench, batch: Vec<NewJob>) -> Vec<Enqueued> {
    let now = bench.now();
    bench.app.db.write(move |conn| jobs::enqueue_all(conn, &batch, now)).await.unwrap()
}

fn with_key(bench: &Bench, key: &str) -> NewJob {
    NewJob { unique_key: Some(key.to_owned()), ..bench.job(&Scripted::succeeding()) }
}

#[tokio::test]
async fn a_batch_is_put_in_in_its_order_and_of_each_key_one() {
    let bench = Bench::new();
    let there = bench.put(with_key(&bench, "there")).await;
    let urgent = NewJob { priority: 7, ..bench.job(&Scripted::succeeding()) };
    let batch = vec![
        bench.job(&Scripted::succeeding()),
        with_key(&bench, "new"),
        with_key(&bench, "there"),
        urgent,
        with_key(&bench, "new"),
        // Another type's key is another key.
        NewJob { job_type: "hasty".to_owned(), ..with_key(&bench, "there") },
    ];
    let enqueued = put_all(&bench, batch).await;
    let are_new: Vec<bool> = enqueued.iter().map(|job| job.is_new).collect();
    assert_eq!(are_new, [true, true, false, true, false, true]);
    assert_eq!((enqueued[2].id, enqueued[4].id), (there, enqueued[1].id));
    assert!(enqueued[0].id < enqueued[1].id && enqueued[1].id < enqueued[3].id && enqueued[3].id < enqueued[5].id);
    assert_eq!(bench.row(enqueued[3].id).await.priority, 7);
    assert_eq!(bench.row(enqueued[5].id).await.job_type, "hasty");
}

#[tokio::test]
async fn a_batch_of_any_length_is_put_in_a_thousand_at_a_time() {
    let bench = Bench::new();
    assert!(put_all(&bench, Vec::new()).await.is_empty());
    let enqueued = put_all(&bench, vec![bench.job(&Scripted::succeeding()); 2_500]).await;
    assert!(enqueued.iter().all(|job| job.is_new) && enqueued.is_sorted_by_key(|job| job.id));
    let counts = bench.app.db.read(jobs::counts::by_type_and_status).await.unwrap();
    assert_eq!(counts, [("scripted".to_owned(), "pending".to_owned(), 2_500)]);
    // The whole of each statement is one change.
    let versions: std::collections::BTreeSet<i64> = {
        let rows = bench.app.db.read(|conn| jobs::list(conn, &jobs::Filter::default(), 2_500)).await.unwrap();
        rows.iter().map(|job| job.version).collect()
    };
    assert_eq!(versions.len(), 3);
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing() {
    let bench = Bench::new();
    let (now, batch) = (bench.now(), vec![bench.job(&Scripted::succeeding()); 3]);
    let fail = move |conn: &mut AnyConnection| -> QueryResult<()> {
        jobs::enqueue_all(conn, &batch, now)?;
        Err(diesel::result::Error::RollbackTransaction)
    };
    assert!(bench.app.db.write(fail).await.is_err());
    assert!(bench.app.db.read(jobs::counts::by_type_and_status).await.unwrap().is_empty());
}

#[tokio::test]
async fn code_cannot_put_in_a_payload_that_the_contract_refuses() {
    let bench = Bench::new();
    assert!(bench.app.job(&SendWelcomeEmailPayload { user_id: 1 }).is_ok());
    let refused = bench.app.job(&SendWelcomeEmailPayload { user_id: 0 }).unwrap_err().to_string();
    assert!(refused.starts_with("the payload of a send_welcome_email job is refused: /payload/user_id"), "{refused}");
    let signed_up_at = bench.app.clock.utc();
    assert!(bench.app.job(&EraseMailPayload { user_id: -1, signed_up_at }).is_err());
    // In a writer closure it undoes what the closure has done, and names no value.
    let app = bench.app.clone();
    let put = move |conn: &mut AnyConnection| {
        jobs::enqueue(conn, &app.job(&SendWelcomeEmailPayload { user_id: 1 })?, app.clock.now())?;
        jobs::enqueue(conn, &app.job(&SendWelcomeEmailPayload { user_id: 0 })?, app.clock.now())
    };
    let error = bench.app.db.write(put).await.unwrap_err();
    assert!(error.to_string().contains("is refused"), "{error}");
    assert!(bench.app.db.read(jobs::counts::by_type_and_status).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_payload_may_be_twice_as_large_as_a_body_and_no_larger() {
    let bench = Bench::standing_still(&[("BODY_LIMIT", "1KiB")]);
    let with_bio = |length: usize| UserCreatedPayload {
        user_id: 1,
        user_data: Some(UserSnapshot {
            id: 1,
            email: "taro@example.com".to_owned(),
            age: 25,
            name: None,
            bio: Some("b".repeat(length)),
            is_active: true,
        }),
        additional_props: None,
    };
    assert!(bench.app.job(&with_bio(1_800)).is_ok());
    let refused = bench.app.job(&with_bio(2_000)).unwrap_err().to_string();
    assert!(refused.ends_with("bytes, and 2048 are allowed"), "{refused}");
}
