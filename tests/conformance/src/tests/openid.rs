//! Tokens with which a user proves to others who they are.

use super::prelude::*;

tests! { "openid":
    request, "openid", ["POST v3/user/{userId}/openid/request_token"];
    userinfo, "openid", ["GET /_matrix/federation/v1/openid/userinfo"];
    is_no_access_token, "openid", [];
    access_token_is_none, "openid", ["GET /_matrix/federation/v1/openid/userinfo M_UNKNOWN_TOKEN"];
    userinfo_unknown, "openid", ["GET /_matrix/federation/v1/openid/userinfo M_UNKNOWN_TOKEN"];
    userinfo_without_token, "openid", ["GET /_matrix/federation/v1/openid/userinfo M_MISSING_TOKEN"];
    for_another, "openid", ["POST v3/user/{userId}/openid/request_token M_FORBIDDEN"];
    needs_token, "openid", ["POST v3/user/{userId}/openid/request_token M_MISSING_TOKEN"];
}

async fn token(user: &User) -> Result<Value, Failure> {
    user.post(v3!("user/{}/openid/request_token", user), json!({})).await?.ok()
}

fn userinfo_path(token: &str) -> String {
    format!("/_matrix/federation/v1/openid/userinfo?access_token={}", encode(token))
}

async fn request(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = token(&alice).await?;
    ensure_eq!(answer["token_type"], "Bearer", "token_type");
    ensure_eq!(answer["matrix_server_name"], server.name(), "matrix_server_name");
    ensure!(answer["expires_in"].as_u64().is_some_and(|seconds| seconds > 0), "expires_in: {answer}");
    ensure!(text(&answer, "access_token")? != alice.token, "the token is the user's access token");
    Ok(())
}

async fn userinfo(server: Server) -> Outcome {
    for user in [server.user("alice").await?, server.user("bob").await?] {
        let path = userinfo_path(&text(&token(&user).await?, "access_token")?);
        // It may be asked for as often as one likes.
        for _ in 0..2 {
            ensure_eq!(server.get(&path).await?.ok()?["sub"], user.id.as_str(), "sub");
        }
    }
    Ok(())
}

/// "It cannot be used to request another OpenID access token or call `/sync`, for example."
async fn is_no_access_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let pretender = User { token: text(&token(&alice).await?, "access_token")?, ..alice };
    pretender.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    pretender.get(v3!("sync")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    let path = v3!("user/{}/openid/request_token", pretender);
    pretender.post(path, json!({})).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

/// "The generated token is only valid for exchanging for user information", and no other is.
async fn access_token_is_none(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    server.get(userinfo_path(&alice.token)).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

async fn userinfo_unknown(server: Server) -> Outcome {
    for token in ["never-given", "%", " "] {
        server.get(userinfo_path(token)).await?.error(401, "M_UNKNOWN_TOKEN")?;
    }
    Ok(())
}

async fn userinfo_without_token(server: Server) -> Outcome {
    let reply = server.get("/_matrix/federation/v1/openid/userinfo").await?;
    reply.error(401, "M_MISSING_TOKEN").map(drop)
}

/// "Should be the user who is authenticated for the request."
async fn for_another(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let path = v3!("user/{}/openid/request_token", bob);
    alice.post(path, json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn needs_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("user/{}/openid/request_token", alice);
    server.post(path, json!({})).await?.error(401, "M_MISSING_TOKEN").map(drop)
}
