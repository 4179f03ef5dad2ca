/** Finds and asks: what the lake holds, what a dataset looks like, and what a query over it gives. */
@NullMarked
package com.bytefreezer.connector.api.data;

import org.jspecify.annotations.NullMarked;
