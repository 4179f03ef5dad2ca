package com.bytefreezer.connector.query;

import org.jspecify.annotations.Nullable;

/**
 * What the records of a statement lack, and Java adds.
 *
 * @param nulls what it leaves out of each record
 * @param large how to read what it has placeholders for; null where it has none
 */
record Completion(NullGroups nulls, @Nullable LargeRecords large) {
    /** Of a statement whose records are whole. */
    static final Completion NONE = new Completion(NullGroups.NONE, null);
}
