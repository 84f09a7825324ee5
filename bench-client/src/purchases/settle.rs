//! After the load: does the server say the same as was acknowledged?

use super::{
    args::PurchasesArgs,
    scenario::{Purchases, Sample},
};
use crate::{
    failure::Failure,
    http::{Client, Document, HttpError, Site},
    progress::Bar,
    record::run::{Run, Sold, Verdict},
};

/// Asks the server for every option and for some purchases, and puts what it
/// says into the run.
///
/// # Errors
/// If the server does not answer any more although the run was right.
pub(super) fn settle(
    args: &PurchasesArgs,
    site: &Site,
    purchases: &Purchases,
    mut run: Run,
) -> Result<Run, Failure> {
    let mut client = Client::new(site);
    match compare(args, &mut client, purchases) {
        Ok((sold, wrong)) => {
            run.sold = Some(sold);
            if let Some(reason) = wrong
                && !matches!(run.verdict, Verdict::Wrong { .. })
            {
                run.verdict = Verdict::Wrong { reason };
            }
            Ok(run)
        }
        // It was told already what is the matter.
        Err(_) if matches!(run.verdict, Verdict::Wrong { .. } | Verdict::Lost { .. }) => Ok(run),
        Err(error) => Err(error.into()),
    }
}

/// What was sold, and the first thing that does not fit.
fn compare(
    args: &PurchasesArgs,
    client: &mut Client<'_>,
    purchases: &Purchases,
) -> Result<(Sold, Option<String>), HttpError> {
    let ledger = &purchases.ledger;
    let ids = purchases.requests.ids();
    let bar = Bar::of_items("last check", ids.len(), args.load.quiet);
    let (acknowledged, unknown) = ledger.totals();
    let mut sold = Sold {
        allocation: ledger.allocation() * ids.len() as u64,
        acknowledged,
        unknown,
        ..Sold::default()
    };
    let mut wrong = None;
    for (option, id) in (0..).zip(ids) {
        let reply = client.get(&format!("/ticket_options/{id}"))?;
        bar.show(option as usize);
        let document = reply.document();
        let row = document.row();
        let numbers = (row.number("allocation"), row.number("available"));
        let outcome = match numbers {
            (Some(allocation), Some(available)) if reply.status == 200 => {
                sold.available += available;
                sold.exhausted += u64::from(available < args.quantity.low.into());
                if allocation == ledger.allocation() {
                    ledger.settle(option, available)
                } else {
                    Err(format!("its allocation is {allocation} now"))
                }
            }
            _ => Err(format!("asked for in the end, got {}", reply.quote())),
        };
        if let Err(why) = outcome {
            wrong.get_or_insert(format!("ticket option {id}: {why}"));
        }
    }
    for sample in purchases.samples() {
        if let Some(why) = read_back(client, purchases, &sample)? {
            wrong.get_or_insert(why);
        }
    }
    Ok((sold, wrong))
}

/// Why an acknowledged purchase is not what the server has, if so.
fn read_back(
    client: &mut Client<'_>,
    purchases: &Purchases,
    sample: &Sample,
) -> Result<Option<String>, HttpError> {
    let body = serde_json::from_slice(&sample.body).unwrap_or_default();
    let acknowledged = Document(body);
    let Some(id) = acknowledged.row().id() else {
        let reply = String::from_utf8_lossy(&sample.body).into_owned();
        return Ok(Some(format!(
            "a purchase was acknowledged without id: {reply}"
        )));
    };
    let reply = client.get(&format!("/purchases/{id}"))?;
    let document = reply.document();
    let option = purchases.requests.id(sample.purchase.option);
    for (said, when) in [(&acknowledged, "acknowledged"), (&document, "read back")] {
        let row = said.row();
        let is_right = row.number("quantity") == Some(sample.purchase.quantity.into())
            && row.related("ticket_option") == Some(option)
            && row.id() == Some(id);
        if !is_right {
            return Ok(Some(format!(
                "purchase {id} of {} of {option} was {when} as {}",
                sample.purchase.quantity,
                reply.quote(),
            )));
        }
    }
    Ok(None)
}
