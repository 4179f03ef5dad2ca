/** What every destination shares: the Camel that its route runs in, and standard output. */
@NullMarked
package com.bytefreezer.connector.destination;

import org.jspecify.annotations.NullMarked;
