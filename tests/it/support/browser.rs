//! A browser at the page: it keeps the cookie that it is given, and says which page asks.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, Client, http};

/// A tab of a browser.
#[derive(Clone)]
pub struct Browser {
    url: String,
    http: reqwest::Client,
    /// Name and value, as sent.
    pub cookie: Option<String>,
}

impl Browser {
    /// A browser that has opened that server's page.
    pub fn at(client: &Client) -> Self {
        Self {
            url: client.url.clone(),
            http: http(),
            cookie: None,
        }
    }

    /// Like [`Browser::at`], signed in.
    pub async fn signed_in(client: &Client, username: &str, password: &str) -> Self {
        let mut browser = Self::at(client);
        let credentials = json!({"username": username, "password": password});
        let answer = browser.sign_in(&credentials).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        browser
    }

    /// A request with the cookie, of no page.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    /// A request by a script of the page.
    pub fn ask_as_page(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask(method, path)
            .header("x-callboard-page", "1")
            .header("origin", &self.url)
            .header("sec-fetch-site", "same-origin")
    }

    /// Sends a request, and keeps the cookie of the answer.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(set) = headers.get("set-cookie") {
            let set = set.to_str().expect("text");
            let pair = set.split(';').next().expect("a pair").to_owned();
            self.cookie = (!set.contains("Max-Age=0")).then_some(pair);
        }
        Answer {
            status,
            headers,
            bytes: response.bytes().await.expect("a body").to_vec(),
        }
    }

    pub async fn sign_in(&mut self, body: &Value) -> Answer {
        let request = self.ask_as_page(Method::POST, "/api/auth/session");
        self.send(request.json(body)).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.ask_as_page(Method::GET, path);
        self.send(request).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        let request = self.ask_as_page(Method::DELETE, path);
        self.send(request).await
    }
}
