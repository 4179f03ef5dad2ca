/** Makes events of what senders send: lines of JSON that DuckDB reads, and what is no event as dead letters. */
@NullMarked
package com.bytefreezer.connector.receive;

import org.jspecify.annotations.NullMarked;
