use super::*;

const PRICE: u64 = 500;
const SECOND: u64 = 1_000_000_000;

struct Scene {
    event: Event,
    register: Register,
    view: View,
    bookings: Vec<Booking>,
    choice: Choice,
}

impl Scene {
    fn new() -> Self {
        Self {
            event: Event::sample(&[4, 4], PRICE),
            register: Register::new(8),
            view: View::new(&[4, 4]),
            bookings: Vec::new(),
            choice: Choice::Popular,
        }
    }

    fn answer(&mut self, buyer: &mut Buyer, status: u16, body: &str) -> Reaction {
        let answer = Answer {
            status,
            body: body.as_bytes(),
            retry_after: None,
            sent: 100,
            now: SECOND,
        };
        let mut around = Surroundings {
            manners: Manners {
                choice: self.choice,
                tries: 3,
                think: 5,
                poll: 5 * SECOND,
            },
            event: &self.event,
            register: &self.register,
            view: &mut self.view,
            bookings: &mut self.bookings,
        };
        buyer.react(answer, &mut around)
    }
}

fn buyer(will: Will, card: Card) -> Buyer {
    let rng = fastrand::Rng::with_seed(1);
    Buyer::new(7, 0, 2, (will, card), 3, rng)
}

/// A checkout in a state, with these seats and more members.
fn checkout(state: &str, seats: &[u32], more: &str) -> String {
    let holds: Vec<String> = seats
        .iter()
        .map(|seat| format!(r#"{{"seat":{seat},"price":{PRICE}}}"#))
        .collect();
    let total = PRICE * seats.len() as u64;
    format!(
        r#"{{"token":"t","state":"{state}","server_time":"2026-11-21T20:00:00Z",
        "expires_at":"2026-11-21T20:10:01Z","holds":[{}],"total":{total}{more}}}"#,
        holds.join(",")
    )
}

fn map(rows: [&str; 2]) -> String {
    format!(r#"{{"version":1,"rows":["{}","{}"]}}"#, rows[0], rows[1])
}

fn next(buyer: &Buyer) -> String {
    let mut out = Vec::new();
    let site = crate::http::Site {
        address: "h:1".into(),
        token: None,
        timeout: std::time::Duration::ZERO,
    };
    buyer.write(
        &Requests::new(&site),
        &Event::sample(&[4, 4], PRICE),
        &mut out,
    );
    String::from_utf8(out).unwrap()
}

#[test]
fn a_buyer_queues_chooses_falls_back_and_pays() {
    let mut scene = Scene::new();
    let mut buyer = buyer(Will::Buy, Card::Declined);
    assert!(next(&buyer).starts_with("POST /events/e/checkouts "));
    let queued = checkout("queued", &[], r#","wait_seconds":2"#);
    let reaction = scene.answer(&mut buyer, 201, &queued);
    assert_eq!(reaction, Ok((Outcome::Queued, Some(3 * SECOND))));
    assert!(next(&buyer).starts_with("GET /checkouts/t "));
    // No longer than --poll.
    let queued = checkout("queued", &[], r#","wait_seconds":200"#);
    let reaction = scene.answer(&mut buyer, 200, &queued);
    assert_eq!(reaction, Ok((Outcome::Queued, Some(6 * SECOND))));
    let reaction = scene.answer(&mut buyer, 200, &checkout("admitted", &[], ""));
    assert_eq!(reaction, Ok((Outcome::Admitted, Some(SECOND + 5))));
    let admitted = humantime::parse_rfc3339("2026-11-21T20:00:01Z").unwrap();
    let admitted = admitted.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(buyer.record.admitted_at, Some(admitted.as_micros() as u64));

    let reaction = scene.answer(&mut buyer, 200, &map(["s..s", "ssss"]));
    assert_eq!(reaction.unwrap().0, Outcome::Map);
    assert!(next(&buyer).ends_with(r#"{"seats":[1,2]}"#));
    let taken = r#"{"code":"seats_taken","seats":[2]}"#;
    let reaction = scene.answer(&mut buyer, 409, taken);
    assert_eq!(reaction.unwrap().0, Outcome::Taken);
    assert!(next(&buyer).ends_with(r#"{"seats":[1]}"#), "fewer are left");
    let reaction = scene.answer(&mut buyer, 200, &checkout("admitted", &[1], ""));
    assert_eq!(reaction, Ok((Outcome::Held, Some(SECOND + 5))));

    assert!(next(&buyer).contains(r#""card":"declined""#));
    let reaction = scene.answer(&mut buyer, 402, r#"{"code":"payment_declined"}"#);
    assert_eq!(reaction.unwrap().0, Outcome::Declined);
    assert!(next(&buyer).contains(r#""card":"ok""#));
    let booked = checkout("completed", &[1], r#","booking":"ABCD2345""#);
    assert_eq!(
        scene.answer(&mut buyer, 200, &booked),
        Ok((Outcome::Booked, None))
    );
    assert_eq!(
        (buyer.ended, scene.register.sold()),
        (Some(Ended::Booked), 1)
    );
    assert_eq!(&*scene.bookings[0].reference, "ABCD2345");
}

#[test]
fn who_finds_everything_sold_leaves_and_who_finds_it_held_looks_again() {
    let mut scene = Scene::new();
    let mut buyer = buyer(Will::Buy, Card::Ok);
    scene
        .answer(&mut buyer, 201, &checkout("admitted", &[], ""))
        .unwrap();
    let reaction = scene.answer(&mut buyer, 200, &map(["shhs", "ssss"]));
    assert_eq!(reaction, Ok((Outcome::Map, Some(2 * SECOND))));
    assert_eq!(buyer.next, Step::Look);
    let sold = r#"{"version":2,"rows":["ssss","ssss"]}"#;
    scene.answer(&mut buyer, 200, sold).unwrap();
    assert!(next(&buyer).starts_with("DELETE /checkouts/t "));
    assert_eq!(scene.answer(&mut buyer, 204, ""), Ok((Outcome::Left, None)));
    assert_eq!(buyer.ended, Some(Ended::SoldOut));
    // So does who hears of it in the line.
    let mut late = self::buyer(Will::Buy, Card::Ok);
    scene
        .answer(&mut late, 201, &checkout("queued", &[], ""))
        .unwrap();
    assert_eq!(late.next, Step::Leave);
}

#[test]
fn some_give_seats_back_and_some_vanish() {
    for (will, ended) in [
        (Will::Abandon, Ended::Abandoned),
        (Will::Vanish, Ended::Vanished),
    ] {
        let mut scene = Scene::new();
        let mut buyer = buyer(will, Card::Ok);
        scene
            .answer(&mut buyer, 201, &checkout("admitted", &[], ""))
            .unwrap();
        scene
            .answer(&mut buyer, 200, &map(["s..s", "ssss"]))
            .unwrap();
        let held = checkout("admitted", &[1, 2], "");
        let (_, due) = scene.answer(&mut buyer, 200, &held).unwrap();
        assert_eq!(due.is_some(), will == Will::Abandon);
        if due.is_some() {
            assert_eq!(buyer.next, Step::Leave);
            scene.answer(&mut buyer, 204, "").unwrap();
        }
        assert_eq!(buyer.ended, Some(ended));
    }
}

#[test]
fn the_last_try_is_the_servers_choice() {
    let mut scene = Scene::new();
    let mut buyer = buyer(Will::Buy, Card::Ok);
    scene
        .answer(&mut buyer, 201, &checkout("admitted", &[], ""))
        .unwrap();
    scene
        .answer(&mut buyer, 200, &map(["....", "...."]))
        .unwrap();
    for _ in 0..2 {
        let wanted = buyer.seats.clone();
        let taken = format!(r#"{{"code":"seats_taken","seats":{wanted:?}}}"#);
        scene.answer(&mut buyer, 409, &taken).unwrap();
    }
    assert!(next(&buyer).ends_with(r#"{"best":{"count":2}}"#));
    scene
        .answer(&mut buyer, 409, r#"{"code":"not_enough"}"#)
        .unwrap();
    assert_eq!(
        (buyer.next, buyer.ended),
        (Step::Leave, Some(Ended::GaveUp))
    );
}

#[test]
fn a_busy_server_is_asked_again_and_an_ended_checkout_is_over() {
    let mut scene = Scene::new();
    let mut buyer = buyer(Will::Buy, Card::Ok);
    let reaction = scene.answer(&mut buyer, 503, "");
    assert_eq!(reaction, Ok((Outcome::Busy, Some(2 * SECOND))));
    assert_eq!(buyer.next, Step::Enter);
    scene
        .answer(&mut buyer, 201, &checkout("queued", &[], ""))
        .unwrap();
    let ended = checkout("ended", &[], r#","reason":"absent""#);
    assert_eq!(
        scene.answer(&mut buyer, 200, &ended),
        Ok((Outcome::Over, None))
    );
    assert_eq!(buyer.ended, Some(Ended::Expired));
}

#[test]
fn what_no_correct_server_says_is_found() {
    let holding = |seats: &[u32]| {
        let mut scene = Scene::new();
        let mut buyer = buyer(Will::Buy, Card::Ok);
        scene
            .answer(&mut buyer, 201, &checkout("admitted", &[], ""))
            .unwrap();
        scene
            .answer(&mut buyer, 200, &map(["s..s", "ssss"]))
            .unwrap();
        let held = scene.answer(&mut buyer, 200, &checkout("admitted", seats, ""));
        (scene, buyer, held)
    };
    assert!(holding(&[1, 2]).2.is_ok());
    assert!(holding(&[1]).2.unwrap_err().contains("asked for [1, 2]"));
    let (mut scene, mut one, _) = holding(&[1, 2]);
    scene.register.book(3, &[2], 50).unwrap();
    let booked = checkout("completed", &[1, 2], r#","booking":"A""#);
    let twice = scene.answer(&mut one, 200, &booked).unwrap_err();
    assert!(
        twice.contains("sold twice: to buyer 3 and to buyer 7"),
        "{twice}"
    );
    let (mut scene, mut one, _) = holding(&[1, 2]);
    let dear = booked.replace("\"price\":500", "\"price\":501");
    let dear = scene.answer(&mut one, 200, &dear).unwrap_err();
    assert!(dear.contains("costs something else"), "{dear}");
    let (mut scene, mut one, _) = holding(&[1, 2]);
    assert!(scene.answer(&mut one, 404, "{}").is_err());
    assert!(scene.answer(&mut one, 200, &map(["ss", "ssss"])).is_err());
}
