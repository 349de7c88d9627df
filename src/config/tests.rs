//! What the configuration allows, and what it says of what it does not.

use super::*;

fn config(variables: &[(&str, &str)]) -> Result<Config, String> {
    Config::from_variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .map_err(|error| error.to_string())
}

#[test]
fn an_empty_environment_gives_the_defaults() {
    let config = config(&[]).unwrap();
    assert_eq!(config.address().to_string(), "127.0.0.1:8080");
    assert_eq!((config.worker_count, config.body_limit, config.durability), (3, 262_144, Durability::Full));
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    assert_eq!(config(&[("PORT", "http")]).unwrap_err(), "PORT=\"http\": must be a port from 0 to 65535");
    assert_eq!(
        config(&[("VALIDATION_MODE", "lax")]).unwrap_err(),
        "VALIDATION_MODE=\"lax\": must be one of default, flexible, strict"
    );
    assert_eq!(
        config(&[("WORKER_COUNT", "5000")]).unwrap_err(),
        "WORKER_COUNT=\"5000\": must be a whole number from 0 to 1024"
    );
    assert_eq!(
        config(&[("JOB_LEASE", "1ms")]).unwrap_err(),
        "JOB_LEASE=\"1ms\": must be a duration from 500ms to 1day, such as 30s"
    );
}

#[test]
fn a_word_that_is_no_level_is_refused() {
    for level in ["inof", "warning", "info,debgu", "keiyaku"] {
        assert!(config(&[("LOG_LEVEL", level)]).unwrap_err().starts_with("LOG_LEVEL="), "{level}");
    }
    for level in ["info", "WARN", "off", "info,keiyaku::worker=debug", "warn,keiyaku=trace"] {
        assert_eq!(config(&[("LOG_LEVEL", level)]).unwrap().log_level, level.parse().unwrap());
    }
}

#[test]
fn an_origin_has_no_path() {
    assert!(config(&[("CORS_ALLOW_ORIGINS", "http://a.example/path")]).unwrap_err().starts_with("CORS_ALLOW_ORIGINS="));
    assert!(config(&[("CORS_ALLOW_ORIGINS", "http://a.example:8080, https://b.example")]).is_ok());
}

#[test]
fn there_is_one_kind_of_key_for_tokens() {
    let refused = config(&[("JWT_PUBLIC_KEY", "/no/such/file")]).unwrap_err();
    assert!(refused.starts_with("JWT_PUBLIC_KEY=\"/no/such/file\": must be a file with a public key"), "{refused}");
}

#[test]
fn certificate_and_key_come_together() {
    for names in [&["TLS_CERT"][..], &["TLS_KEY"], &["TLS_CERT", "TLS_KEY"]] {
        let variables: Vec<_> = names.iter().map(|name| (*name, "Cargo.toml")).collect();
        assert!(config(&variables).unwrap_err().starts_with("TLS_"), "{names:?}");
    }
}

#[test]
fn proxies_are_addresses_and_networks() {
    let proxies = config(&[("TRUSTED_PROXIES", "10.0.0.0/8, ::1, 192.0.2.7")]).unwrap().trusted_proxies;
    assert_eq!(proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128", "192.0.2.7/32"]);
    assert!(config(&[("TRUSTED_PROXIES", "proxy.example")]).unwrap_err().starts_with("TRUSTED_PROXIES="));
}

#[test]
fn a_short_secret_is_refused_and_not_shown() {
    assert_eq!(
        config(&[("JWT_SECRET", "hunter2")]).unwrap_err(),
        "JWT_SECRET=[not shown]: must be at least 32 bytes long"
    );
}

#[test]
fn a_value_that_is_not_text_is_refused_rather_than_left_out() {
    assert_eq!(
        config(&[("DATABASE_URL", variables::NOT_TEXT)]).unwrap_err(),
        "DATABASE_URL=[not shown]: must be UTF-8 text"
    );
    assert_eq!(
        config(&[("WORKER_COUNT", variables::NOT_TEXT)]).unwrap_err(),
        "WORKER_COUNT=[not shown]: must be UTF-8 text"
    );
}

#[test]
fn a_bad_mail_server_is_refused_and_not_shown() {
    let refused = config(&[("SMTP_URL", "smtp://me:hunter2@mail.example?tls=maybe")]).unwrap_err();
    assert!(
        refused.starts_with("SMTP_URL=[not shown]: must be smtps://user:password@host:port, or smtp://"),
        "{refused}"
    );
    assert_eq!(
        config(&[("SMTP_TIMEOUT", "2min")]).unwrap_err(),
        "SMTP_TIMEOUT=\"2min\": must be a duration above 0 and of at most 1min, such as 10s"
    );
    let shown = format!("{:?}", config(&[("SMTP_URL", "smtps://me:hunter2@mail.example")]).unwrap());
    assert!(shown.contains("smtps://mail.example:465") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    for file in ["/no/such/file", "Cargo.toml"] {
        let expected = format!("SMTP_CA_FILE={file:?}: must be a file with at least one certificate in PEM");
        assert_eq!(config(&[("SMTP_CA_FILE", file)]).unwrap_err(), expected);
    }
}

#[test]
fn a_database_in_memory_is_refused() {
    assert!(config(&[("DATABASE_URL", ":memory:")]).unwrap_err().starts_with("DATABASE_URL="));
}
