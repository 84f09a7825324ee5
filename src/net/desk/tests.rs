use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;
use crate::inventory::{Id, Kind, Refusal, id};

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

const HERE: Target = Target::Shard(ShardId(0));
const THERE: Target = Target::Shard(ShardId(1));

fn desk() -> Desk {
    Desk::new(Router::new(2, ShardId(0)), Arc::new(Numbers::from(0)))
}

fn operation() -> Operation {
    Operation::FindMember(Id::nil())
}

fn answer() -> Answer {
    Answer::Refused(Refusal::NotFound(Kind::Member))
}

fn poll(pending: &mut Pending, waker: &Waker) -> Poll<Result<Answer, Closed>> {
    Pin::new(pending).poll(&mut Context::from_waker(waker))
}

#[test]
fn a_call_goes_to_the_owner_and_its_answer_wakes_who_waits() {
    let desk = desk();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    for locator in 0..100 {
        let mut pending = desk.call(Target::Locator(locator), operation());
        assert_eq!(poll(&mut pending, &waker), Poll::Pending);
        let before = count.0.load(Ordering::Relaxed);
        if Router::new(2, ShardId(0)).locator(locator) == Owner::Local {
            let (call, _) = desk.next_local().unwrap();
            desk.answer(call, answer());
        } else {
            let (to, batch) = desk.next_batch().unwrap();
            assert_eq!(to, ShardId(1));
            let answers = batch.into_iter().map(|(call, _)| (call, answer()));
            desk.take_answers(to, answers.collect());
        }
        assert_eq!(count.0.load(Ordering::Relaxed), before + 1);
        assert_eq!(poll(&mut pending, &waker), Poll::Ready(Ok(answer())));
    }
    assert!(desk.is_idle() && desk.forwarded() > 20);
}

#[test]
fn calls_may_be_dropped_at_any_time_and_leave_nothing() {
    let desk = desk();
    // Before its turn, on its way, and answered but not looked at.
    drop(desk.call(HERE, operation()));
    drop(desk.call(THERE, operation()));
    let answered = desk.call(HERE, operation());
    let on_its_way = desk.call(THERE, operation());
    let (to, batch) = desk.next_batch().unwrap();
    assert_eq!(
        batch.len(),
        2,
        "what was dropped is on its way all the same"
    );
    drop(on_its_way);
    while let Some((call, _)) = desk.next_local() {
        desk.answer(call, answer());
    }
    drop(answered);
    assert!(!desk.is_idle(), "two answers are still to come");
    let answers = batch.into_iter().map(|(call, _)| (call, answer()));
    desk.take_answers(to, answers.collect());
    assert!(desk.is_idle());
    assert_eq!(desk.waiting(), 0);
}

#[test]
fn a_closed_desk_ends_what_waits_and_takes_nothing() {
    let desk = desk();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut waiting = desk.call(THERE, operation());
    let mut answered = desk.call(HERE, operation());
    assert!(poll(&mut waiting, &waker).is_pending());
    let (call, _) = desk.next_local().unwrap();
    desk.answer(call, answer());
    desk.close();
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert_eq!(poll(&mut waiting, &waker), Poll::Ready(Err(Closed)));
    assert_eq!(poll(&mut answered, &waker), Poll::Ready(Ok(answer())));
    let mut late = desk.call(HERE, operation());
    assert_eq!(poll(&mut late, &waker), Poll::Ready(Err(Closed)));
    assert!(!desk.has_local());
}

#[test]
fn ids_made_at_a_desk_differ() {
    let api = crate::api::Api::new(desk());
    let mut ids: Vec<Id> = (0..5_000).map(|_| api.new_id()).collect();
    let first = api.new_ids_at(9, 100);
    ids.extend((0..100).map(|step| id::nth(first, step)));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5_100);
}

#[test]
fn the_time_stands_still_within_a_turn() {
    let desk = desk();
    let now = desk.now();
    std::thread::sleep(std::time::Duration::from_millis(2));
    assert_eq!(desk.now(), now);
    desk.begin_turn();
    assert!(desk.now() > now);
}
