//! The columns of an environment's tables, after Microsoft's description of each.

/// What a column takes: a text of so many characters, a number, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text(usize),
    Number,
    Flag,
    Time,
    Id,
    /// Read as `_NAME_value`, written by binding.
    Lookup(&'static str),
}

use Type::{Flag, Id, Lookup, Number, Text, Time};

/// A column, what it takes, and whether it can be written.
pub(super) type Column = (&'static str, Type, bool);

pub(super) const CONTACTS: [Column; 43] = [
    ("contactid", Id, false),
    ("salutation", Text(100), true),
    ("firstname", Text(50), true),
    ("lastname", Text(50), true),
    ("fullname", Text(160), false),
    ("suffix", Text(10), true),
    ("jobtitle", Text(100), true),
    ("department", Text(100), true),
    ("emailaddress1", Text(100), true),
    ("emailaddress2", Text(100), true),
    ("emailaddress3", Text(100), true),
    ("telephone1", Text(50), true),
    ("business2", Text(50), true),
    ("mobilephone", Text(50), true),
    ("telephone2", Text(50), true),
    ("telephone3", Text(50), true),
    ("home2", Text(50), true),
    ("company", Text(50), true),
    ("address1_telephone1", Text(50), true),
    ("fax", Text(50), true),
    ("websiteurl", Text(200), true),
    ("address1_line1", Text(250), true),
    ("address1_line2", Text(250), true),
    ("address1_line3", Text(250), true),
    ("address1_postofficebox", Text(20), true),
    ("address1_county", Text(50), true),
    ("address1_postalcode", Text(20), true),
    ("address1_city", Text(80), true),
    ("address1_stateorprovince", Text(50), true),
    ("address1_country", Text(80), true),
    ("new_mobile2", Text(50), true),
    ("gendercode", Number, true),
    ("donotemail", Flag, true),
    ("statecode", Number, false),
    ("createdon", Time, false),
    ("modifiedon", Time, false),
    ("modifiedby", Lookup("Lookup"), false),
    ("parentcustomerid", Lookup("Customer"), true),
    ("ownerid", Lookup("Owner"), true),
    ("preferredsystemuserid", Lookup("Lookup"), true),
    ("accountrolecode", Number, true),
    ("masterid", Lookup("Lookup"), false),
    ("merged", Flag, false),
];
pub(super) const ACCOUNTS: [Column; 15] = [
    ("accountid", Id, false),
    ("name", Text(160), true),
    ("websiteurl", Text(200), true),
    ("address1_line1", Text(250), true),
    ("address1_postalcode", Text(20), true),
    ("address1_city", Text(80), true),
    ("address1_stateorprovince", Text(50), true),
    ("address1_country", Text(80), true),
    ("emailaddress1", Text(100), true),
    ("primarycontactid", Lookup("Lookup"), true),
    ("statecode", Number, false),
    ("createdon", Time, false),
    ("modifiedon", Time, false),
    ("masterid", Lookup("Lookup"), false),
    ("merged", Flag, false),
];
pub(super) const USERS: [Column; 5] = [
    ("systemuserid", Id, false),
    ("fullname", Text(200), false),
    ("internalemailaddress", Text(100), false),
    ("isdisabled", Flag, false),
    ("accessmode", Number, false),
];
