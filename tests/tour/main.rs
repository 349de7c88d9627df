//! The README's five-minute tour, taken on a copy of the repository with the real cargo, compiler and generator.
//!
//! The snippets come from the README itself, so it cannot say anything but what works; and the Japanese one says the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod copy;
mod readme;
mod server;
mod translation;

use copy::Copy;
use reqwest::StatusCode;
use serde_json::Value;
use server::Server;

/// An operation that the README doesn't have, under a tag whose trait is implemented.
const NICKNAME: &str = "  /users/{user_id}/nickname:
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

#[tokio::test]
async fn the_first_operation_is_missing_by_name_until_its_handler_is_written_and_then_it_answers() {
    let copy = Copy::fresh();
    copy.install_generator();
    add_greetings(&copy);

    let missing = "the trait bound `App: Greetings` is not satisfied";
    readme::assert_says(&format!("says what is missing: ``{missing}``"));
    copy.cargo_build().assert_failed().assert_says(missing).assert_says("error: could not compile `keiyaku` (lib)");
    assert!(copy.read("generated/server/apis/greetings.rs").contains("fn say_hello("), "the trait has the method");

    readme::assert_says(
        "Write the handler, `src/handlers/greetings.rs`, and the line `mod greetings;` in `src/handlers.rs`",
    );
    copy.write("src/handlers/greetings.rs", &readme::snippet("handler"));
    copy.insert("src/handlers.rs", "mod cursor;", "mod greetings;\n");
    add_goodbye(&copy);
    copy.cargo_build().assert_succeeded().assert_says_not("warning");

    let server = Server::start(&copy.binary());
    let answer = r#"{"greeting":"Hello, Taro!"}"#;
    readme::assert_says(&format!("curl localhost:8080/hello/Taro answers `{answer}`"));
    let greeting = server.get("/hello/Taro").await;
    assert_eq!(greeting.status(), StatusCode::OK);
    assert_eq!(greeting.headers()["content-type"], "application/json");
    assert_eq!(greeting.text().await.unwrap(), answer);

    readme::assert_says("try `/hello/` with 51 letters");
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
    let copy = Copy::fresh();
    copy.install_generator();
    copy.insert("openapi/openapi.yaml", "paths:", NICKNAME);
    copy.cargo_build()
        .assert_failed()
        .assert_says("not all trait items implemented, missing: `get_nickname`")
        .assert_says("impl Users for App")
        .assert_says("src/handlers/users.rs");
}

#[test]
fn without_java_an_unchanged_contract_builds_and_a_changed_one_names_the_one_command_which_then_works() {
    let copy = Copy::fresh();
    let generated = copy.snapshot("generated");
    let bare = copy.path_of_only(&["ar", "as", "c++", "cargo", "cc", "clang", "gcc", "g++", "ld", "rustc"]);

    copy.cargo_build_with_path(&bare).assert_succeeded();
    assert!(!copy.has(".tools"), "nothing was to be generated, so not even the lock is made");
    assert_eq!(copy.snapshot("generated"), generated);

    add_greetings(&copy);
    copy.cargo_build_with_path(&bare)
        .assert_failed()
        .assert_says("generated/ must be made anew, because this changed: openapi/openapi.yaml")
        .assert_says("is not installed")
        .assert_says("make generate")
        // The compiler has nothing to add.
        .assert_says_not("error[E");
    assert_eq!(copy.snapshot("generated"), generated);

    copy.install_generator();
    copy.make_generate()
        .assert_succeeded()
        .assert_says("`App: Greetings`")
        .assert_says("generated/ is up to date; the errors are in code that uses it");
    assert!(copy.has("generated/server/apis/greetings.rs"));
}

/// Step 1 of the tour.
fn add_greetings(copy: &Copy) {
    readme::assert_says("Add the operation to `openapi/openapi.yaml`, under `paths`");
    copy.insert("openapi/openapi.yaml", "paths:", &readme::snippet("openapi"));
    readme::assert_says("its tag, under `tags`");
    copy.insert("openapi/openapi.yaml", "tags:", &readme::snippet("tag"));
    readme::assert_says("its answer, under `components`, `schemas`");
    copy.insert("openapi/openapi.yaml", "  schemas:", &readme::snippet("schema"));
}

/// The whole of the second tour.
fn add_goodbye(copy: &Copy) {
    readme::assert_says("Add its payload's schema to `openapi/openapi.yaml`, under `components`, `schemas`");
    copy.insert("openapi/openapi.yaml", "  schemas:", &readme::snippet("job-schema"));
    readme::assert_says("and the type itself, under `x-job-types`");
    copy.insert("openapi/openapi.yaml", "x-job-types:", &readme::snippet("job-type"));
    readme::assert_says("Say what running it means, in `src/jobs/say_goodbye.rs`");
    copy.write("src/jobs/say_goodbye.rs", &readme::snippet("job"));
    readme::assert_says(
        "Add the line `mod say_goodbye;` and, in `Registry::all`, `.with::<SayGoodbyePayload>()` with its import to `src/jobs.rs`",
    );
    copy.insert("src/jobs.rs", "mod erase_mail;", "mod say_goodbye;\n");
    copy.insert("src/jobs.rs", "            .with::<EraseMailPayload>()", "            .with::<SayGoodbyePayload>()\n");
    copy.insert("src/jobs.rs", "use crate::app::App;", "use crate::api::models::SayGoodbyePayload;\n");
}
