/** The operator's view of the exports: their state, their plans, and replays of dead letters. */
@NullMarked
package com.bytefreezer.connector.operate;

import org.jspecify.annotations.NullMarked;
