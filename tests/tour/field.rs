//! "A new field".

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::copy::Copy;
use crate::page::TOURS;
use crate::server::{Server, command, run};
use crate::taken::{Taken, before};

const CONTRACT: &str = "openapi/openapi.yaml";
const HANDLER: &str = "src/handlers/users.rs";

/// Step 1.
pub fn contract(copy: &Copy) {
    TOURS.assert_says("Add it to `openapi/openapi.yaml`, to the `properties` of `UserCreate`: ");
    for (schema, snippet) in [("UserCreate", "field-create"), ("UserPatch", "field-patch"), ("User", "field-answer")] {
        TOURS.assert_says(&format!("of `{schema}`: <!-- tour:{snippet} -->"));
        copy.insert_in(CONTRACT, &format!("    {schema}:"), "      properties:", &TOURS.snippet(snippet));
    }
}

/// Steps 2 and 3.
pub fn column(copy: &Copy) {
    TOURS.assert_says(
        "in `2027-01-01-000001_nickname`, a folder in `migrations/sqlite` and the same in `migrations/postgres`",
    );
    for database in ["sqlite", "postgres"] {
        for file in ["up", "down"] {
            let sql = TOURS.snippet(&format!("field-{file}"));
            copy.write(&format!("migrations/{database}/2027-01-01-000001_nickname/{file}.sql"), &sql);
        }
    }
    TOURS.assert_says("the line `nickname -> Nullable<Text>,` at the end of `users`");
    let last = "        updated_at -> Timestamp,";
    copy.insert_in("src/schema.rs", "    users (id) {", last, "        nickname -> Nullable<Text>,\n");

    TOURS.assert_says(
        "in `src/models/users.rs`: at the end of `User`, because columns are read in their order, and at the end of `NewUser`",
    );
    for row in ["User", "NewUser"] {
        let (section, last) = (format!("pub struct {row} {{"), "    pub updated_at: NaiveDateTime,");
        copy.insert_in("src/models/users.rs", &section, last, &TOURS.snippet("field-row"));
    }
}

/// Step 4.
pub fn handler(copy: &Copy) {
    TOURS.assert_says(
        "`new_user` gets `nickname: body.nickname,`, `sign_up` and `shown` get `nickname: user.nickname,`",
    );
    copy.insert(HANDLER, "        bio: body.bio,", "        nickname: body.nickname,\n");
    for function in [
        "pub(crate) fn sign_up(user: User) -> Result<UserCreate, Problem> {",
        "fn shown(user: User) -> Result<contract::User, Problem> {",
    ] {
        copy.insert_in(HANDLER, function, "        bio: user.bio,", "        nickname: user.nickname,\n");
    }
    TOURS.assert_says("and `patch` takes `nickname` out of the patch and says");
    copy.write(HANDLER, &copy.read(HANDLER).replacen("let UserPatch { ", "let UserPatch { nickname, ", 1));
    let last = "    user.is_active = is_active.unwrap_or(user.is_active);";
    copy.insert(HANDLER, last, &TOURS.snippet("field-patched"));
}

#[test]
fn each_place_that_lacks_the_new_field_is_named() {
    let lacking = &Taken::get().lacking;
    TOURS.assert_says("`cargo build` names the four places in `src/handlers/users.rs` that lack it");
    for said in [
        "missing field `nickname` in initializer of `NewUser`",
        "missing field `nickname` in initializer of `UserCreate`",
        "missing field `nickname` in initializer of `api::models::User`",
        "pattern does not mention field `nickname`",
    ] {
        lacking.must_say(said);
    }
}

#[tokio::test]
async fn the_new_field_is_stored_checked_listed_and_patched_beside_users_from_before() {
    let (taken, folder) = (Taken::get(), tempfile::tempdir().unwrap());
    let key = |server: &Server| {
        let request = server.request(Method::POST, "/users").header("idempotency-key", "a key of before");
        request.header("content-type", "application/json").body(r#"{"email":"taro@example.com","age":25}"#).send()
    };
    let old = Server::start(before(), folder.path(), "users.db");
    assert_eq!(key(&old).await.unwrap().status(), 201);
    let (status, refused) = old.post("/users", r#"{"email":"a@example.com","age":1,"nickname":"A"}"#).await;
    assert_eq!((status, &refused["errors"][0]["pointer"]), (400, &json!("/nickname")));
    drop(old);

    let server = taken.start_in(folder.path());
    assert_eq!(key(&server).await.unwrap().headers()["idempotency-replayed"], "true");
    let hana = r#"{"email":"hana@example.com","age":25,"nickname":"Hana"}"#;
    TOURS.assert_says(&format!("curl localhost:8080/users -H 'content-type: application/json' -d '{hana}' answers"));
    let (status, stored) = server.post("/users", hana).await;
    assert_eq!((status, &stored["nickname"]), (201, &json!("Hana")));

    TOURS.assert_says("one of 31 letters is a 400 that points to `/nickname`");
    let long = json!({"email": "a@example.com", "age": 1, "nickname": "n".repeat(31)}).to_string();
    let (status, refused) = server.post("/users", &long).await;
    assert_eq!((status, &refused["errors"][0]["pointer"]), (400, &json!("/nickname")));

    let nicknames = async || {
        let users = server.get("/users").await.json::<Value>().await.unwrap();
        [0, 1].map(|user| users["items"][user].get("nickname").cloned())
    };
    assert_eq!(nicknames().await, [None, Some(json!("Hana"))]);
    for (patch, then) in
        [(r#"{"nickname":"T"}"#, Some(json!("T"))), ("{}", Some(json!("T"))), (r#"{"nickname":null}"#, None)]
    {
        assert_eq!(server.send(Method::PATCH, "/users/1", patch).await.0, 200);
        assert_eq!(nicknames().await[0], then, "{patch}");
    }

    TOURS.assert_says("the served documents have it, both SDKs have it");
    let served = server.get("/openapi.json").await.json::<Value>().await.unwrap();
    assert_eq!(served["components"]["schemas"]["UserCreate"]["properties"]["nickname"]["maxLength"], 30);
    let (typescript, python) = (taken.sdk("models.ts"), taken.sdk("models.py"));
    for member in ["nickname?: string | undefined;", "nickname?: string | null | undefined;", "nickname?: string;"] {
        assert!(typescript.contains(member), "{member}");
    }
    for member in ["nickname: str | None = None", "nickname: str | None | Unset = UNSET"] {
        assert!(python.contains(member), "{member}");
    }
}

#[test]
fn import_and_export_have_the_new_field_by_themselves() {
    TOURS.assert_says("`keiyaku users import` and `export` do, in CSV too");
    let (binary, folder) = (Taken::get().binary(), tempfile::tempdir().unwrap());
    let keiyaku =
        |database: &str, arguments: &str| run(command(&binary, folder.path(), database).args(arguments.split(' ')));
    let csv = "nickname,email,age,name,bio,is_active,additional_data\n12,hana@example.com,25,,,true,\n,taro@example.com,26,,,true,\n";
    fs::write(folder.path().join("users.csv"), csv).unwrap();
    keiyaku("one.db", "migrate");
    keiyaku("one.db", "users import users.csv");
    assert_eq!(keiyaku("one.db", "users export --format csv"), csv);
    let lines = keiyaku("one.db", "users export");
    assert!(lines.contains(r#""nickname":"12""#), "{lines}");
    fs::write(folder.path().join("users.jsonl"), &lines).unwrap();
    keiyaku("two.db", "migrate");
    keiyaku("two.db", "users import users.jsonl");
    assert_eq!(keiyaku("two.db", "users export"), lines);
}
