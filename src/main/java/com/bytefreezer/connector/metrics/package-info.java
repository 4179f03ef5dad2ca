/** What can be measured from outside; docs/metrics.md names each. */
@NullMarked
package com.bytefreezer.connector.metrics;

import org.jspecify.annotations.NullMarked;
