//! "Deprecating".

use reqwest::Method;
use serde_json::Value;

use crate::copy::Copy;
use crate::page::TOURS;
use crate::taken::Taken;

const CONTRACT: &str = "openapi/openapi.yaml";

/// Step 2.
pub fn contract(copy: &Copy) {
    TOURS.assert_says("such as `bio` of `UserCreate`, `UserPatch` and `User`, gets");
    for schema in ["UserCreate", "UserPatch", "User"] {
        copy.insert_in(CONTRACT, &format!("    {schema}:"), "        bio:", &TOURS.snippet("deprecated-member"));
    }
    TOURS.assert_says("and an operation, such as `getUserProfile`, also the day since when");
    copy.insert(CONTRACT, "      operationId: getUserProfile", &TOURS.snippet("deprecated-operation"));
}

#[tokio::test]
async fn clients_learn_what_is_deprecated_from_the_sdks_the_document_and_the_answers() {
    let taken = Taken::get();
    let (typescript, python) = (taken.sdk("users-api.ts"), taken.sdk("users_api.py"));
    let words = "Since 2027-01-01; goes on 2028-01-01.";
    let tag = format!(" * @deprecated {words}\n */\nexport function getUserProfile(");
    assert!(typescript.contains(&tag), "{typescript}");
    let mark =
        format!("    @deprecated(\"`get_user_profile` is deprecated. {words}\")\n    async def get_user_profile(");
    assert!(python.contains(&mark), "{python}");
    let (typescript, python) = (taken.sdk("models.ts"), taken.sdk("models.py"));
    assert_eq!(typescript.matches("   * @deprecated\n   */\n  bio").count(), 3, "{typescript}");
    assert_eq!(python.matches("    Deprecated.\n").count(), 3, "{python}");

    let (server, _folder) = taken.start();
    assert_eq!(server.post("/users", r#"{"email":"taro@example.com","age":25,"bio":"Still taken."}"#).await.0, 201);
    let refused = server.request(Method::GET, "/users/0/profile").send().await.unwrap();
    for answer in [server.get("/users/9/profile").await, refused] {
        assert!(answer.status().is_client_error());
        assert_eq!(answer.headers()["deprecation"], "@1798761600");
        assert_eq!(answer.headers()["sunset"], "Sat, 01 Jan 2028 00:00:00 GMT");
    }
    let user = server.get("/users/1").await;
    assert!(!user.headers().contains_key("deprecation") && !user.headers().contains_key("sunset"));

    let served = server.get("/openapi.json").await.json::<Value>().await.unwrap();
    assert_eq!(served["components"]["schemas"]["UserPatch"]["properties"]["bio"]["deprecated"], true);
    assert_eq!(served["paths"]["/users/{user_id}/profile"]["get"]["x-sunset"], "2028-01-01");

    TOURS.assert_says("`http_requests_total{operation=\"getUserProfile\"}` of `/metrics` grows");
    let metrics = server.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("http_requests_total{operation=\"getUserProfile\",status=\"404\"} 1\n"), "{metrics}");
}
