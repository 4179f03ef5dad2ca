/** What an operator asks of the exports: how they are, what they would do, and dead letters once more. */
@NullMarked
package com.bytefreezer.connector.operate;

import org.jspecify.annotations.NullMarked;
