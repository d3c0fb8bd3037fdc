//! Which handler answers which path. One radix tree for all: actix would try one regular expression after another.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use actix_web::{HttpResponse, web::Payload};
use futures_util::future::LocalBoxFuture;
use http::Method;
use ruma::api::{federation::authentication::ServerSignatures, path_builder::PathBuilder};

use crate::{
    App, Error, Result,
    bridge::{Authenticate as _, Call, Endpoint, Ruma, respond::respond},
};

/// Says of a request whose body is not here yet whether that is worth receiving.
pub(super) type Examine = fn(&Call) -> Result<()>;

/// Answers one request.
pub(super) type Answer<T> = Arc<dyn Fn(T) -> LocalBoxFuture<'static, HttpResponse> + Send + Sync>;

/// Answers one request.
#[derive(Clone)]
pub(super) enum Service {
    /// With the whole body at hand, for requests that have passed an examination before that.
    Whole(Examine, Answer<Call>),
    /// Reading the body itself, as it comes. The call has none.
    Streamed(Answer<(Call, Payload)>),
}

/// The handlers of one path, by method.
#[derive(Default)]
pub(super) struct Path {
    pub route: Arc<str>,
    pub methods: BTreeMap<String, Service>,
}

/// Routes under construction.
#[derive(Default)]
pub struct Routes {
    paths: BTreeMap<String, Path>,
}

impl Routes {
    /// Adds a handler at every path, and for the method, that ruma knows for its request type.
    #[must_use]
    pub fn endpoint<T, F, Fut>(self, handler: F) -> Self
    where
        T: Endpoint,
        F: Fn(Arc<App>, Ruma<T>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<T::OutgoingResponse>> + 'static,
    {
        let service: Answer<Call> = Arc::new(move |call| {
            let handler = handler.clone();
            Box::pin(async move {
                let app = call.app.clone();
                let answer = match Ruma::<T>::read(call).await {
                    Ok(request) => handler(app, request).await,
                    Err(error) => Err(error),
                };
                answer.map_or_else(Error::into_response, respond)
            })
        });
        let paths: Vec<String> = T::PATH_BUILDER.all_paths().map(str::to_owned).collect();
        self.insert(&T::METHOD, &paths, Service::Whole(T::Authentication::examine, service))
    }

    /// Adds a handler that reads the request itself.
    #[must_use]
    pub fn raw<F, Fut>(self, method: Method, paths: &[&str], handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<HttpResponse>> + 'static,
    {
        self.examined(|_| Ok(()), method, paths, handler)
    }

    /// The same for requests that other servers sign.
    #[must_use]
    pub fn signed<F, Fut>(self, method: Method, paths: &[&str], handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<HttpResponse>> + 'static,
    {
        self.examined(ServerSignatures::examine, method, paths, handler)
    }

    fn examined<F, Fut>(self, examine: Examine, method: Method, paths: &[&str], handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<HttpResponse>> + 'static,
    {
        let service: Answer<Call> = Arc::new(move |call| {
            let handler = handler.clone();
            Box::pin(async move { handler(call).await.unwrap_or_else(Error::into_response) })
        });
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        self.insert(&method, &paths, Service::Whole(examine, service))
    }

    /// Adds a handler that reads the body as it comes, for what is too large for memory. It bounds what it reads.
    #[must_use]
    pub fn streamed<F, Fut>(self, method: Method, paths: &[&str], handler: F) -> Self
    where
        F: Fn(Call, Payload) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = HttpResponse> + 'static,
    {
        let service: Answer<(Call, Payload)> = Arc::new(move |(call, payload)| Box::pin(handler(call, payload)));
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        self.insert(&method, &paths, Service::Streamed(service))
    }

    /// Adds all routes of another set.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (path, entry) in other.paths {
            let known = self.paths.entry(path).or_insert_with(|| Path { route: entry.route, ..Path::default() });
            known.methods.extend(entry.methods);
        }
        self
    }

    fn insert(mut self, method: &Method, paths: &[String], service: Service) -> Self {
        for path in paths {
            for path in with_empty_argument(path) {
                let entry = self.paths.entry(path.clone()).or_default();
                entry.route = path.into();
                entry.methods.insert(method.as_str().to_owned(), service.clone());
            }
        }
        self
    }

    /// The registered (method, path) pairs, for the checks against the table of endpoints.
    pub fn list(&self) -> Vec<(String, String)> {
        let pairs = |(path, entry): (&String, &Path)| {
            entry.methods.keys().map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
        };
        self.paths.iter().flat_map(pairs).collect()
    }

    /// The finished tree.
    ///
    /// # Errors
    /// Two paths that cannot be told apart.
    pub(super) fn build(self) -> Result<matchit::Router<Path>, matchit::InsertError> {
        let mut tree = matchit::Router::new();
        for (path, entry) in self.paths {
            tree.insert(path, entry)?;
        }
        Ok(tree)
    }
}

/// An empty state key is an empty last segment, or none at all.
fn with_empty_argument(path: &str) -> Vec<String> {
    match path.strip_suffix("/{state_key}") {
        Some(short) => vec![path.to_owned(), format!("{short}/"), short.to_owned()],
        None => vec![path.to_owned()],
    }
}
