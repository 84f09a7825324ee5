//! The stand-in's page, for people: pay, decline, or go back.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use super::{Inner, SECRET, event, now, send};
use crate::loopback::{Request, Response};

/// How the stand-in behaves towards people who click.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// Its own address.
    pub host: Option<String>,
    /// Where webhooks go.
    pub webhooks: Option<SocketAddr>,
    /// So long after a click a webhook leaves.
    pub delay: Duration,
    /// How often each is sent; 0: it is lost.
    pub copies: usize,
}

impl Inner {
    /// `SESSION`, or `SESSION/ACTION`.
    pub(super) fn page(&self, rest: &str, request: &Request) -> Response {
        let (id, action) = rest.split_once('/').unwrap_or((rest, ""));
        let known = self.state().sessions.get(id).cloned();
        let Some(session) = known else {
            return Response::new(404, "text/plain", "There is no such session");
        };
        let to = |name: &str| Response::to(&session.form[name]);
        match (request.method.as_str(), action) {
            ("GET", "") => Response::new(200, "text/html; charset=utf-8", html(id, &session.form)),
            ("POST", "pay") if session.status == "open" => {
                self.change(id, |session| {
                    session.status = "complete";
                    session.payment_status = "paid";
                    session.intent = Some(session.id.replace("cs_", "pi_"));
                });
                self.tell("completed", id);
                to("success_url")
            }
            ("POST", "fail") if session.status == "open" => {
                self.change(id, |session| session.status = "expired");
                self.tell("expired", id);
                to("cancel_url")
            }
            ("POST", _) => to("cancel_url"),
            _ => Response::new(405, "text/plain", "Click a button"),
        }
    }

    fn tell(&self, kind: &str, id: &str) {
        let Some(address) = self.manners.webhooks else {
            return;
        };
        let body = event(kind, &self.state().sessions[id].json(&self.host()));
        let (delay, copies) = (self.manners.delay, self.manners.copies);
        thread::spawn(move || {
            for _ in 0..copies {
                thread::sleep(delay);
                // As providers do, until it is taken; not for days.
                for pause in [1, 2, 4, 8] {
                    let status = send(address, &body, SECRET.as_bytes(), now());
                    println!("webhook: {status}");
                    if status == 200 {
                        break;
                    }
                    thread::sleep(Duration::from_secs(pause));
                }
            }
        });
    }
}

fn html(id: &str, form: &HashMap<String, String>) -> String {
    let text = |name: &str| {
        let text = form.get(name).map_or("", String::as_str);
        let text = text.replace('&', "&amp;");
        text.replace('<', "&lt;")
    };
    let amount = text("line_items[0][price_data][unit_amount]");
    let button = |action, label| {
        format!("<form method=post action=/pay/{id}/{action}><button>{label}</button></form>")
    };
    format!(
        "<!doctype html><html lang=en><meta name=viewport content='width=device-width'>\
         <title>Stand-in for a payment provider</title>\
         <style>body{{font:1.1rem system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}}\
         button{{font:inherit;width:100%;padding:.7rem;margin:.3rem 0}}</style>\
         <h1>Stand-in provider</h1><p>No money moves here.</p>\
         <p><b>{}</b><br>{amount} {} in minor units</p>{}{}{}</html>",
        text("line_items[0][price_data][product_data][name]"),
        text("line_items[0][price_data][currency]").to_uppercase(),
        button("pay", "Pay"),
        button("fail", "Decline, and close the session"),
        button("back", "Go back without paying"),
    )
}
