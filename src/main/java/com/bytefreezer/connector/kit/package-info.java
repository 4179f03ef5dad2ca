/** The kit that proves a route of a destination or an input: cases, and certification with injected faults. */
@NullMarked
package com.bytefreezer.connector.kit;

import org.jspecify.annotations.NullMarked;
