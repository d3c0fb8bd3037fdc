//! Previews of web pages. They are optional, and dangerous: the server fetches what a user names.

use super::prelude::*;

tests! { "media_preview":
    needs_token, "content-repository", ["GET v1/media/preview_url M_MISSING_TOKEN"];
    no_url, "content-repository", ["GET v1/media/preview_url 400"];
    local_addresses, "content-repository", ["GET v1/media/preview_url 400"];
    other_schemes, "content-repository", ["GET v1/media/preview_url 400"];
}

/// Both paths with a query.
fn paths(query: &str) -> [String; 2] {
    [format!("{}{query}", v1!("media/preview_url")), format!("/_matrix/media/v3/preview_url{query}")]
}

/// Not a preview: an error (some servers call a page they could not fetch a bad gateway), or nothing about the page.
async fn nothing(user: &User, url: &str) -> Outcome {
    for path in paths(&format!("?url={}", encode(url))) {
        let reply = user.get(path).await?;
        let empty = reply.status == 200 && reply.json == json!({});
        let code = reply.json["errcode"].as_str().unwrap_or_default();
        let refused = ([400, 403, 404, 502].contains(&reply.status)) && code.starts_with("M_");
        ensure!(empty || refused, "a preview of {url}: {}", reply.brief());
    }
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    for path in paths("?url=https%3A%2F%2Fmatrix.org") {
        let reply = server.get(path).await?;
        // A server without previews may not know the endpoint.
        if reply.status == 404 {
            reply.error(404, "M_UNRECOGNIZED")?;
            continue;
        }
        reply.error(401, "M_MISSING_TOKEN")?;
    }
    Ok(())
}

async fn no_url(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for path in paths("") {
        let reply = alice.get(path).await?;
        if reply.status == 404 {
            reply.error(404, "M_UNRECOGNIZED")?;
            continue;
        }
        reply.refused(400)?;
    }
    Ok(())
}

/// Nobody may look at the server's own network through it.
async fn local_addresses(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for host in ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        nothing(&alice, &format!("http://{host}:1/")).await?;
    }
    let own = server.request(Method::GET, "/_matrix/client/versions", None).build()?.url().to_string();
    nothing(&alice, &own).await
}

async fn other_schemes(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for url in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/", "data:text/html,x", "nonsense", ""] {
        nothing(&alice, url).await?;
    }
    Ok(())
}
