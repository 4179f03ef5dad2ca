/** Metrics for the outside; docs/metrics.md lists them. */
@NullMarked
package com.bytefreezer.connector.metrics;

import org.jspecify.annotations.NullMarked;
