//! Requests and answers as bytes.

use serde_json::Value;

pub const JSON_API: &str = "application/vnd.api+json";
pub const JSON: &str = "application/json";
pub const PROBLEM: &str = "application/problem+json";

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    fields: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

pub fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        fields: Vec::new(),
        body: None,
    }
}

/// A JSON:API request.
pub fn post(path: &str, document: &Value) -> Request {
    get(path)
        .method("POST")
        .field("Content-Type", JSON_API)
        .body(document.to_string())
}

/// The same in plain JSON.
pub fn plain(path: &str, document: &Value) -> Request {
    get(path)
        .method("POST")
        .field("Content-Type", JSON)
        .body(document.to_string())
}

impl Request {
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// In place of the field of this name.
    pub fn instead(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.field(name, value)
    }

    pub fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: here\r\n", self.method, self.path);
        for (name, value) in &self.fields {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The first answer in some bytes and how long it is, if it is there whole.
    pub fn parse(bytes: &[u8], to_head: bool) -> Option<(Self, usize)> {
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(head) = response.parse(bytes).unwrap() else {
            return None;
        };
        let fields: Vec<_> = response
            .headers
            .iter()
            .map(|field| {
                let value = String::from_utf8(field.value.to_vec()).unwrap();
                (field.name.to_ascii_lowercase(), value)
            })
            .collect();
        let mut reply = Self {
            status: response.code.unwrap(),
            fields,
            body: Vec::new(),
        };
        let has_none = to_head || matches!(reply.status, 204 | 304);
        let length = reply.field("content-length").map(|it| it.parse().unwrap());
        let end = head + if has_none { 0 } else { length.unwrap() };
        reply.body = bytes.get(head..end)?.to_vec();
        Some((reply, end))
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(other, _)| other == name);
        field.map(|(_, value)| value.as_str())
    }

    pub fn kind(&self) -> &str {
        self.field("content-type").unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of the first error, which is a well-formed one.
    pub fn code(&self) -> String {
        let json = self.json();
        let code = match self.kind() {
            JSON_API => {
                assert!(json.get("data").is_none(), "data and errors: {json}");
                let error = &json["errors"][0];
                assert_eq!(error["status"], self.status.to_string(), "{json}");
                for member in ["title", "detail"] {
                    assert!(!error[member].as_str().unwrap().is_empty(), "{json}");
                }
                error["code"].clone()
            }
            PROBLEM => {
                assert_eq!(json["status"], self.status, "{json}");
                for member in ["type", "title", "detail"] {
                    assert!(!json[member].as_str().unwrap().is_empty(), "{json}");
                }
                json["code"].clone()
            }
            other => panic!("an error as {other}: {json}"),
        };
        code.as_str().unwrap().to_owned()
    }

    /// Where the first error is: a pointer, parameter or header.
    pub fn place(&self) -> String {
        let json = self.json();
        let source = match self.kind() {
            JSON_API => json["errors"][0]["source"].clone(),
            _ => json["errors"][0].clone(),
        };
        let place = ["pointer", "parameter", "header"].map(|name| source[name].as_str());
        place
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}
