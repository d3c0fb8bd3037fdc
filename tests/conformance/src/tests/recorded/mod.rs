//! What unmodified clients were seen to ask, each request once more: method, path, and the names in query and body. A server
//! may refuse what is asked here, but it must understand it.
//!
//! `recorded.tsv` has a line for each: the names, how often it was asked and by how many clients, and what is expected:
//! `served`, `absent` (404 `M_UNRECOGNIZED`, which tells a client to go on without), or `either: REASON`.

mod values;

use super::prelude::*;
use values::Stage;

tests! { "recorded":
    every_request_is_understood, "api-standards", [];
}

const TABLE: &str = include_str!("../../../recorded.tsv");
/// After these the user or the room is of no further use.
const ENDINGS: [&str; 9] = [
    "/logout",
    "/logout/all",
    "/account/deactivate",
    "/account/password",
    "/leave",
    "/forget",
    "/upgrade",
    "/block",
    "/delete_devices",
];

/// A line of the table.
struct Row {
    method: Method,
    path: &'static str,
    query: Vec<&'static str>,
    body: Vec<&'static str>,
    answer: &'static str,
}

fn row(line: &'static str) -> Result<Row, Failure> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [method, path, query, body, _calls, _clients, answer] = cells[..] else {
        return Err(Failure::new(format!("recorded.tsv: {line}")));
    };
    let names = |cell: &'static str| cell.split(',').filter(|name| !name.is_empty()).collect();
    let method = method.parse().map_err(|_| Failure::new(format!("recorded.tsv: {line}")))?;
    Ok(Row { method, path, query: names(query), body: names(body), answer })
}

async fn every_request_is_understood(server: Server) -> Outcome {
    let mut stage = Stage::new(&server).await?;
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in TABLE.lines().skip(1) {
        let row = row(line)?;
        let reply = ask(&stage, &row).await?;
        if let Err(problem) = judge(&row, &reply) {
            wrong.push(format!("{} {}: {problem}: {}", row.method, row.path, reply.brief()));
        }
        count += 1;
        if row.method == Method::DELETE || ENDINGS.iter().any(|end| row.path.ends_with(end)) {
            stage = Stage::new(&server).await?;
        }
    }
    ensure!(count > 200, "the table is not what it was: {count} requests");
    ensure!(wrong.is_empty(), "{} of {count} requests:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

async fn ask(stage: &Stage, row: &Row) -> Result<Reply, Failure> {
    let mut path = stage.path(row.path);
    let query = stage.query(row.path, &row.query);
    if !query.is_empty() {
        path = format!("{path}?{query}");
    }
    // A token in the query is enough, and so some clients send it.
    let user = if row.path.starts_with("/_synapse/") { &stage.admin } else { &stage.alice };
    let token = (!row.query.contains(&"access_token")).then_some(user.token.as_str());
    if row.path.ends_with("/media/v3/upload") {
        return stage.server.raw(row.method.clone(), &path, token, "a file").await;
    }
    let body = (row.method != Method::GET).then(|| stage.body(row.path, &row.body));
    stage.server.call(row.method.clone(), &path, token, body.as_ref()).await
}

fn judge(row: &Row, reply: &Reply) -> Result<(), &'static str> {
    let code = reply.json["errcode"].as_str().unwrap_or_default();
    let absent = reply.status == 404 && code == "M_UNRECOGNIZED";
    if row.answer == "absent" {
        return if absent {
            Ok(())
        } else {
            Err("neither Synapse nor we have it, and clients must hear 404 M_UNRECOGNIZED")
        };
    }
    let other_method = reply.status == 405 && code == "M_UNRECOGNIZED";
    if (absent || other_method) && row.answer.starts_with("either: ") {
        return Ok(());
    }
    if absent || reply.status == 405 {
        return Err("not served");
    }
    if reply.status >= 500 {
        return Err("the server fails");
    }
    if ["M_NOT_JSON", "M_BAD_JSON"].contains(&code) {
        return Err("not understood");
    }
    Ok(())
}
