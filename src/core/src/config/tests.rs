//! The configuration as an operator meets it: files, variables and messages.

use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn from_file(text: &str) -> Result<Config, String> {
    load_text(text, "peerbrain.toml", &Environment::new()).map_err(|error| error.to_string())
}

fn from_variables(variables: &[(&str, &str)]) -> Result<Config, String> {
    load_text("", "", &environment(variables)).map_err(|error| error.to_string())
}

#[test]
fn nothing_given_means_the_defaults() {
    let config = from_file("").unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.listeners(), [Listener::default()]);
    assert_eq!(config.server.signing_key_path().to_str(), Some("./data/signing.key"));
}

#[test]
fn the_example_says_what_the_defaults_are() {
    let example = Config::example();
    assert_eq!(from_file(&example).unwrap(), Config::default());
    let settings = |line: &str| line.starts_with('#') && !line.starts_with("# ");
    let uncommented: Vec<&str> =
        example.lines().map(|line| if settings(line) { line.split_at(1).1 } else { line }).collect();
    let config = from_file(&uncommented.join("\n")).unwrap();
    assert_eq!(config, Config { listeners: vec![Listener::default()], ..Config::default() });
    assert_eq!(config.listeners(), Config::default().listeners());
}

#[test]
fn every_setting_is_explained() {
    let example = Config::example();
    let lines: Vec<&str> = example.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[1].starts_with('#') && pair[1].contains(" = ")) {
        let setting = !pair[1].starts_with("# ");
        assert!(!setting || pair[0].starts_with("# "), "{}", pair[1]);
    }
    assert!(lines.iter().all(|line| line.len() <= 124), "long lines");
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let text = "[server]\nname = \"file.example\"\n[sync]\ntimeline_limit = 7\n[rate_limits.message]\nburst = 3\n";
    let variables = environment(&[
        ("PEERBRAIN__SERVER__NAME", "environment.example"),
        ("PEERBRAIN__RATE_LIMITS__MESSAGE__PER_SECOND", "2.5"),
        ("PEERBRAIN__RATE_LIMITS__ENABLED", "false"),
        ("PEERBRAIN__REGISTRATION__MODE", "token"),
        ("PEERBRAIN__REGISTRATION__TOKENS", "one, two"),
        ("PEERBRAIN__REGISTRATION__SHARED_SECRET", "0123456789abcdef"),
        ("PEERBRAIN__ROOMS__DEFAULT_VERSION", "11"),
        ("PEERBRAIN__SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\", \"unix\"]"),
        ("PEERBRAIN__LISTENERS", "[{ bind = \"unix:x.sock\", apis = [\"client\"] }]"),
        ("PEERBRAIN_SERVICE_HOST", "not ours"),
    ]);
    let config = load_text(text, "file", &variables).unwrap();
    assert_eq!(config.server.name, "environment.example");
    assert_eq!(config.sync.timeline_limit, 7);
    assert_eq!(config.rate_limits.message, Rate::new(2.5, 3));
    assert!(!config.rate_limits.enabled);
    assert_eq!(config.registration.tokens, [Secret::new("one"), Secret::new("two")]);
    assert_eq!(config.registration.shared_secret, Some(Secret::new("0123456789abcdef")));
    assert_eq!(config.rooms.default_version, ruma::RoomVersionId::V11);
    assert!(config.server.trusts("10.2.3.4".parse().ok()) && config.server.trusts(None));
    assert!(!config.server.trusts("11.2.3.4".parse().ok()));
    assert_eq!(config.listeners[0].bind, Bind::Unix("x.sock".into()));
    assert_eq!(config.listeners[0].apis, [Api::Client]);
}

#[test]
fn contacts_come_from_the_file_or_the_environment() {
    let text = "[[well_known.support_contacts]]\nmatrix_id = \"@admin:example.org\"\n\
                [[well_known.support_contacts]]\nrole = \"m.role.security\"\nemail_address = \"s@example.org\"\n";
    let from_file = from_file(text).unwrap();
    let [admin, security] = &from_file.well_known.support_contacts[..] else { panic!("{from_file:?}") };
    assert_eq!((admin.role.as_str(), admin.email_address.as_deref()), ("m.role.admin", None));
    assert_eq!(admin.matrix_id.as_ref().map(|id| id.as_str()), Some("@admin:example.org"));
    assert_eq!((security.role.as_str(), security.email_address.as_deref()), ("m.role.security", Some("s@example.org")));
    let value =
        "[{ matrix_id = \"@admin:example.org\" }, { role = \"m.role.security\", email_address = \"s@example.org\" }]";
    let from_environment = from_variables(&[("PEERBRAIN__WELL_KNOWN__SUPPORT_CONTACTS", value)]).unwrap();
    assert_eq!(from_environment, from_file);
    assert_eq!(load_text(&toml::to_string(&from_file).unwrap(), "shown", &Environment::new()).unwrap(), from_file);
}

#[test]
fn unknown_keys_name_the_nearest() {
    for (text, nearest) in [
        ("[server]\nnmae = \"x\"", "`server.name`"),
        ("[sever]\nname = \"x\"", "`server.name`"),
        ("[rate_limits.mesage]\nburst = 1", "`rate_limits.message.burst`"),
        ("[rate_limits.message]\nbursts = 1", "`rate_limits.message.burst`"),
        ("[[listeners]]\nbnd = \"x\"", "`listeners.bind`"),
        ("timeline_limit = 1", "`sync.timeline_limit`"),
    ] {
        let error = from_file(text).unwrap_err();
        assert!(error.contains("there is no setting") && error.contains(nearest), "{text}: {error}");
    }
    for (variable, nearest) in [
        ("PEERBRAIN__SERVER__NMAE", "PEERBRAIN__SERVER__NAME"),
        ("PEERBRAIN__SERVER_NAME", "PEERBRAIN__SERVER__NAME"),
        ("PEERBRAIN__LISTENERS__0__BIND", "PEERBRAIN__LISTENERS"),
        ("PEERBRAIN__RATE_LIMITS__MESSAGE", "PEERBRAIN__RATE_LIMITS__MESSAGE__BURST"),
    ] {
        let error = from_variables(&[(variable, "x")]).unwrap_err();
        assert!(error.contains(variable) && error.contains(nearest), "{variable}: {error}");
    }
}

#[test]
fn wrong_values_name_the_key_and_what_is_allowed() {
    for (text, expected) in [
        ("[registration]\nmode = \"opn\"", ["registration.mode", "closed", "token", "open"].as_slice()),
        ("[registration]\nmode = \"token\"", &["registration.tokens", "at least one token"]),
        ("[registration]\nshared_secret = \"short\"", &["registration.shared_secret", "16 characters"]),
        ("[rooms]\ndefault_version = \"5\"", &["rooms.default_version", "\"6\" to \"12\""]),
        ("[server]\nrequest_head_seconds = 0", &["server.request_head_seconds", "from 1 to 3600"]),
        ("[server]\nrequest_body_seconds = 3601", &["server.request_body_seconds", "from 1 to 3600"]),
        ("[sync]\ntimeline_limit = 0", &["sync.timeline_limit", "from 1 to 1000"]),
        ("[sync]\ntimeline_limit = \"many\"", &["sync.timeline_limit", "many"]),
        ("[server]\nname = \"not a name\"", &["server.name"]),
        ("[server]\npublic_base_url = \"example.org\"", &["server.public_base_url", "https://"]),
        ("[well_known]\nsupport_page = \"example.org\"", &["well_known.support_page", "https://"]),
        ("[[well_known.support_contacts]]\nrole = \"m.role.admin\"", &["well_known.support_contacts", "email_address"]),
        ("[[well_known.support_contacts]]\nmatrix_id = \"admin\"", &["well_known.support_contacts"]),
        ("[[well_known.support_contacts]]\nphone = \"1\"", &["well_known.support_contacts", "phone", "matrix_id"]),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/99\"]", &["server.trusted_proxies", "10.0.0.0/99"]),
        ("[database]\nurl = \"mysql://secret@x\"", &["database.url", "postgres://"]),
        ("[database]\nreaders = 0", &["database.readers"]),
        ("[rate_limits.login]\nper_second = 0", &["rate_limits.login.per_second", "above 0"]),
        ("[[listeners]]\nbind = \"here\"", &["bind", "here", "127.0.0.1:8008"]),
        ("[[listeners]]\napis = [\"clint\"]", &["apis", "clint", "client"]),
        ("[[listeners]]\ntls_key = \"x\"", &["listeners.tls_key", "tls_certificate"]),
        ("[server\n", &["peerbrain.toml", "TOML"]),
    ] {
        let error = from_file(text).unwrap_err();
        assert!(expected.iter().all(|part| error.contains(part)), "{text}: {error}");
        assert!(!error.contains("secret@"), "{error}");
    }
    let error = from_variables(&[("PEERBRAIN__SYNC__TIMELINE_LIMIT", "many")]).unwrap_err();
    assert!(error.contains("sync.timeline_limit") && error.contains("many"), "{error}");
    let error = from_variables(&[("PEERBRAIN__LISTENERS", "127.0.0.1:1")]).unwrap_err();
    assert!(error.contains("PEERBRAIN__LISTENERS") && error.contains("TOML"), "{error}");
}

#[test]
fn secrets_do_not_show_themselves() {
    let text = "[registration]\ntokens = [\"hush\"]\nshared_secret = \"hush-hush-hush-hush\"\n\
                [database]\nurl = \"postgres://me:hush@host/db\"\n";
    let config = from_file(text).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    let shown = toml::to_string(&config).unwrap();
    assert!(!shown.contains("hush") && shown.contains("***"), "{shown}");
}

#[test]
fn a_missing_file_is_named() {
    let error = load(Some("no/such.toml".as_ref()), &Environment::new()).unwrap_err();
    assert!(error.to_string().contains("no/such.toml"));
}
