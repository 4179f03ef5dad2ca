/** Packs what another program leaves in a bucket. */
@NullMarked
package com.bytefreezer.connector.source;

import org.jspecify.annotations.NullMarked;
