//! Bodies that do not fit the contract: everything that is wrong, at once and by name.

use serde_json::json;

use crate::support::{Service, TARO};

#[tokio::test]
async fn all_violations_come_in_one_answer_with_pointers() {
    let service = Service::start().await;
    let body = json!({
        "email": "not an address", "age": -1, "name": "", "bio": "x".repeat(2001), "is_active": "yes", "a/b~c": 1,
    });
    insta::assert_snapshot!(service.sign_up(body.to_string()).await);
    assert_eq!(service.get("/jobs").await.json()["items"], json!([]));
}

#[tokio::test]
async fn violations_of_parameters_and_body_come_together() {
    let service = Service::with(&[("VALIDATION_MODE", "strict")]).await;
    let answer = service.post("/users?color=red", r#"{"email":"taro@example.com"}"#).await;
    let expected = ["query /color additionalProperties is not allowed", "body /age required is required"];
    assert_eq!((answer.status, answer.violations()), (400, expected.map(str::to_owned).to_vec()));
}

/// The original called every undeclared member an invalid e-mail address.
#[tokio::test]
async fn an_undeclared_member_is_named_and_never_called_an_email_problem() {
    let service = Service::start().await;
    for name in ["hobby", "e-mail", "email_address", "Email", "", "created_at", "id", "additional_data"] {
        let body = json!({"email": "taro@example.com", "age": 25, name: "fishing"});
        let answer = service.sign_up(body.to_string()).await;
        let expected = match name {
            "" => "Field '' is not allowed".to_owned(),
            name => format!("Field '{name}' is not allowed"),
        };
        assert_eq!(answer.refusal(), (400, expected), "{name}");
        assert_eq!(answer.violations(), [format!("body /{name} additionalProperties is not allowed")]);
        assert!(!answer.text().contains("Email address format"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_with_a_thousand_faults_lists_a_hundred() {
    let service = Service::start().await;
    let mut body = json!({"email": "taro@example.com", "age": 25});
    for n in 0..1000 {
        body[format!("member{n}")] = n.into();
    }
    let answer = service.sign_up(body.to_string()).await;
    assert_eq!(answer.violations().len(), 100);
    assert_eq!(answer.error(), "Field 'member0' is not allowed (and 99 more)");
}

#[tokio::test]
async fn a_long_name_is_cut_and_a_value_is_never_echoed() {
    let service = Service::start().await;
    let name = "n".repeat(5000);
    let body = json!({"email": "secret-address", "age": "secret-age", "name": ["secret-name"], name: "secret-value"});
    let answer = service.sign_up(body.to_string()).await;
    assert_eq!(answer.violations().len(), 4, "{answer}");
    assert!(!answer.text().contains("secret"), "{answer}");
    assert!(answer.body.len() < 1500, "{answer}");
}

#[tokio::test]
async fn a_member_that_is_missing_or_of_another_type_is_named() {
    let service = Service::start().await;
    let cases = [
        ("{}", vec!["body /email required is required", "body /age required is required"]),
        (
            r#"{"email":null,"age":null}"#,
            vec!["body /email type must be a string", "body /age type must be an integer"],
        ),
        (r#"{"email":"a@example.com","age":"25"}"#, vec!["body /age type must be an integer"]),
        (r#"{"email":"a@example.com","age":true}"#, vec!["body /age type must be an integer"]),
        (r#"{"email":"a@example.com","age":25,"name":null}"#, vec!["body /name type must be a string"]),
        (r#"{"email":"a@example.com","age":25,"is_active":1}"#, vec!["body /is_active type must be true or false"]),
        (
            r#"{"email":{"a":1},"age":[25]}"#,
            vec!["body /email type must be a string", "body /age type must be an integer"],
        ),
        ("[]", vec!["body  type must be an object"]),
        (r#"[{"email":"a@example.com","age":25}]"#, vec!["body  type must be an object"]),
        ("null", vec!["body  type must be an object"]),
        ("\"text\"", vec!["body  type must be an object"]),
        ("0", vec!["body  type must be an object"]),
    ];
    for (body, expected) in cases {
        let answer = service.sign_up(body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.violations(), expected, "{body}");
    }
    insta::assert_snapshot!(service.sign_up("[]").await);
}

#[tokio::test]
async fn an_email_must_be_an_address() {
    let service = Service::start().await;
    let long = format!("{}@example.com", "a".repeat(255));
    for email in
        ["", "taro", "taro@", "@example.com", "taro@@example.com", "Taro <taro@example.com>", "a b@example.com", &long]
    {
        let answer = service.sign_up(json!({"email": email, "age": 1}).to_string()).await;
        assert_eq!(answer.status, 400, "{email}");
        assert!(
            answer.violations().contains(&"body /email format Email address format is invalid".to_owned()),
            "{email}: {answer}"
        );
    }
    for email in ["taro@example.com", "taro+tag@sub.example.co.jp", "o'hara@example.com", "UPPER@EXAMPLE.COM"] {
        assert_eq!(service.sign_up(json!({"email": email, "age": 1}).to_string()).await.status, 201, "{email}");
    }
}

#[tokio::test]
async fn an_integer_out_of_range_is_refused() {
    let service = Service::start().await;
    let at_most = "body /age maximum must be at most 2147483647";
    let at_least = "body /age minimum must be at least 0";
    for (age, expected) in [
        ("2147483648", at_most),
        ("9223372036854775807", at_most),
        ("9223372036854775808", at_most),
        ("18446744073709551616", at_most),
        ("1e300", at_most),
        ("-1", at_least),
        ("-9223372036854775809", at_least),
        ("0.5", "body /age type must be an integer"),
        ("2147483647.5", "body /age type must be an integer"),
    ] {
        let answer = service.sign_up(format!(r#"{{"email":"a@example.com","age":{age}}}"#)).await;
        assert_eq!(answer.status, 400, "{age}");
        assert!(answer.violations().contains(&expected.to_owned()), "{age}: {answer}");
    }
    let answer = service.sign_up(r#"{"email":"a@example.com","age":1e400}"#).await;
    let expected = "The body is not well-formed JSON: number out of range (line 1, column 36)";
    assert_eq!(answer.refusal(), (400, expected.to_owned()));
}

#[tokio::test]
async fn a_whole_number_counts_in_any_spelling() {
    let service = Service::start().await;
    for (n, (age, expected)) in
        [("6.0", 6), ("1e1", 10), ("-0", 0), ("20e-1", 2), ("2.147483647E9", i32::MAX)].into_iter().enumerate()
    {
        let user = service.sign_up(format!(r#"{{"email":"{n}@example.com","age":{age}}}"#)).await.json();
        let id = &user["id"];
        // In the answer, in the database and in the job alike.
        let stored = service.get(&format!("/users/{id}")).await.json();
        let job = service.get(&format!("/jobs/{id}")).await.json();
        assert_eq!(
            json!([user["age"], stored["age"], job["payload"]["user_data"]["age"]]),
            json!([expected, expected, expected]),
            "{age}"
        );
    }
}

#[tokio::test]
async fn text_must_not_contain_nul() {
    let service = Service::start().await;
    for member in ["email", "name", "bio"] {
        let mut body = json!({"email": "taro@example.com", "age": 25});
        body[member] = "a\0b@example.com".into();
        let answer = service.sign_up(body.to_string()).await;
        assert_eq!(answer.status, 400, "{member}");
        assert!(answer.violations().contains(&format!("body /{member} pattern has an invalid format")), "{answer}");
    }
    assert_eq!(service.get("/jobs").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_refused_sign_up_can_be_corrected() {
    let service = Service::start().await;
    assert_eq!(service.sign_up(r#"{"email":"taro@example.com","age":-25}"#).await.status, 400);
    assert_eq!(service.sign_up(TARO).await.status, 201);
}
