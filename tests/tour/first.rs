//! "Five minutes: your first operation" and "Your first job type".

use reqwest::StatusCode;
use serde_json::Value;

use crate::copy::Copy;
use crate::page::{README, TOURS};
use crate::taken::Taken;

/// An operation that the README doesn't have, under a tag whose trait is implemented.
pub const NICKNAME: &str = "  /users/{user_id}/nickname:
    get:
      operationId: getNickname
      tags: [users]
      summary: Get a nickname
      description: What a user's friends say.
      parameters:
        - $ref: '#/components/parameters/UserId'
      responses:
        '200':
          description: The nickname.
          content:
            text/plain:
              schema:
                type: string
        '401':
          $ref: '#/components/responses/Unauthorized'
";

/// Step 1 of the first tour.
pub fn operation(copy: &Copy) {
    README.assert_says("Add the operation to `openapi/openapi.yaml`, under `paths`");
    copy.insert("openapi/openapi.yaml", "paths:", &README.snippet("openapi"));
    README.assert_says("its tag, under `tags`");
    copy.insert("openapi/openapi.yaml", "tags:", &README.snippet("tag"));
    README.assert_says("its answer, under `components`, `schemas`");
    copy.insert("openapi/openapi.yaml", "  schemas:", &README.snippet("schema"));
}

/// Step 3.
pub fn handler(copy: &Copy) {
    README.assert_says(
        "Write the handler, `src/handlers/greetings.rs`, and the line `mod greetings;` in `src/handlers.rs`",
    );
    copy.write("src/handlers/greetings.rs", &README.snippet("handler"));
    copy.insert("src/handlers.rs", "mod cursor;", "mod greetings;\n");
}

/// Step 1 of the second tour.
pub fn job_type(copy: &Copy) {
    TOURS.assert_says("Add its payload's schema to `openapi/openapi.yaml`, under `components`, `schemas`");
    copy.insert("openapi/openapi.yaml", "  schemas:", &TOURS.snippet("job-schema"));
    TOURS.assert_says("and the type itself, under `x-job-types`");
    copy.insert("openapi/openapi.yaml", "x-job-types:", &TOURS.snippet("job-type"));
}

/// The rest of it.
pub fn job(copy: &Copy) {
    TOURS.assert_says("Say what running it means, in `src/jobs/say_goodbye.rs`");
    copy.write("src/jobs/say_goodbye.rs", &TOURS.snippet("job"));
    TOURS.assert_says(
        "Add the line `mod say_goodbye;` and, in `Registry::all`, `.with::<SayGoodbyePayload>()` with its import to `src/jobs.rs`",
    );
    copy.insert("src/jobs.rs", "mod erase_mail;", "mod say_goodbye;\n");
    copy.insert("src/jobs.rs", "            .with::<EraseMailPayload>()", "            .with::<SayGoodbyePayload>()\n");
    copy.insert("src/jobs.rs", "use crate::app::App;", "use crate::api::models::SayGoodbyePayload;\n");
}

#[tokio::test]
async fn the_first_operation_is_missing_by_name_until_its_handler_is_written_and_then_it_answers() {
    let taken = Taken::get();
    let missing = "the trait bound `App: Greetings` is not satisfied";
    README.assert_says(&format!("says what is missing: ``{missing}``"));
    taken.lacking.must_say(missing);
    taken.lacking.must_say("error: could not compile `keiyaku` (lib)");

    let (server, _folder) = taken.start();
    let answer = r#"{"greeting":"Hello, Taro!"}"#;
    README.assert_says(&format!("curl localhost:8080/hello/Taro answers `{answer}`"));
    let greeting = server.get("/hello/Taro").await;
    assert_eq!(greeting.status(), StatusCode::OK);
    assert_eq!(greeting.headers()["content-type"], "application/json");
    assert_eq!(greeting.text().await.unwrap(), answer);

    README.assert_says("try `/hello/` with 51 letters");
    let too_long = server.get(&format!("/hello/{}", "o".repeat(51))).await;
    assert_eq!(too_long.status(), StatusCode::BAD_REQUEST);
    assert_eq!(too_long.headers()["content-type"], "application/problem+json");
    let problem = too_long.json::<Value>().await.unwrap();
    assert!(problem["error"].as_str().unwrap().contains("'who'"), "{problem}");

    let served = server.get("/openapi.json").await.json::<Value>().await.unwrap();
    assert_eq!(served["paths"]["/hello/{who}"]["get"]["operationId"], "sayHello");
    assert!(served["x-job-types"]["say_goodbye"].is_object());

    // The copy has no build of the pages, as a clone has none.
    let docs = server.get("/docs").await.text().await.unwrap();
    assert!(docs.contains("run <code>make dashboard</code>"), "{docs}");
    assert_eq!(server.get("/docs/problems").await.status(), StatusCode::OK);
}

#[test]
fn an_operation_under_a_tag_that_has_handlers_is_missing_as_a_method_of_its_trait() {
    for said in
        ["not all trait items implemented, missing: `get_nickname`", "impl Users for App", "src/handlers/users.rs"]
    {
        Taken::get().lacking.must_say(said);
    }
}
