/** Delivery: units, batches, and what happens to records on the way to a destination. */
@NullMarked
package com.bytefreezer.connector.delivery;

import org.jspecify.annotations.NullMarked;
