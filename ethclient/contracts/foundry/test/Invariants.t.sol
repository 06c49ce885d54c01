// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Handler} from "../src/Handler.sol";

/// @dev Random lives of a distributor. Handler checks every act; the invariant is what holds between them.
abstract contract Lives {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler internal handler;

    function setUp() public {
        handler = new Handler();
    }

    /// @dev The acts, with those that make up most of a life several times.
    function acts() internal pure virtual returns (bytes4[] memory list) {
        list = new bytes4[](20);
        list[0] = list[1] = list[2] = Handler.propose.selector;
        list[3] = list[4] = list[5] = Handler.activate.selector;
        list[6] = list[7] = Handler.claim.selector;
        list[8] = list[9] = Handler.claimBatch.selector;
        list[10] = Handler.claimFalsely.selector;
        list[11] = Handler.fund.selector;
        list[12] = Handler.cancel.selector;
        list[13] = Handler.pause.selector;
        list[14] = Handler.unpause.selector;
        list[15] = Handler.moveClosesAt.selector;
        list[16] = Handler.sweep.selector;
        list[17] = Handler.changeRole.selector;
        list[18] = Handler.intrude.selector;
        list[19] = Handler.wait.selector;
    }

    function targetContracts() public view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(handler), acts());
    }

    function invariant_booksHold() public view {
        handler.check();
    }

    /// @dev Plays lives with words of its own until every act has succeeded, so that the invariant is not about nothing.
    function test_everyActSucceedsAtTimes() public {
        string[13] memory names = [
            "propose", "activate", "cancel", "claim", "claimBatch", "pause", "unpause", "moveClosesAt", "sweep",
            "setPublisher", "setGuardian", "offer", "accept"
        ];
        uint256[13] memory seen;
        bytes4[] memory list = acts();
        for (uint256 life = 0; life < 20; ++life) {
            handler = new Handler();
            for (uint256 step = 0; step < 150; ++step) {
                uint256 word = uint256(keccak256(abi.encode(life, step)));
                bytes memory more = abi.encode(word, word >> 1, word >> 2, word >> 3, word >> 4, word >> 5, word >> 6);
                (bool ok,) = address(handler).call(bytes.concat(list[(word >> 200) % list.length], more));
                require(ok, "an act broke a rule");
                handler.check();
            }
            for (uint256 i = 0; i < names.length; ++i) seen[i] += handler.succeeded(names[i]);
        }
        for (uint256 i = 0; i < names.length; ++i) require(seen[i] > 0, names[i]);
    }
}

/// @dev With a token that does what it says.
contract HonestTokenLives is Lives {}

/// @dev With a token that refuses, calls back, keeps a fee or answers nothing.
contract HostileTokenLives is Lives {
    function acts() internal pure override returns (bytes4[] memory list) {
        list = super.acts();
        bytes4[] memory more = new bytes4[](list.length + 2);
        for (uint256 i = 0; i < list.length; ++i) more[i] = list[i];
        more[list.length] = more[list.length + 1] = Handler.misbehave.selector;
        return more;
    }
}
